/**
 * Fetches content from a store into the cache. What came is kept over cuts, restarts and kills, and used as long as the
 * object in the store is the same; under its name it appears whole and proven by its sha256 (`faults.md`, F-CA01 to F-CA03).
 */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp, wait } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { judgeObject, OWN_FOLDER, storeOf, versionedKey, type ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeTransfer, insertTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { cacheFolder } from './cache-folder.ts';
import { fetchRanges, type FetchTools } from './fetch-ranges.ts';
import { isAsStored } from './judge-object.ts';
import { isSameObject, partPath, readJournal, type PartJournal } from './part-file.ts';
import type { TransferContext } from './transfer-context.ts';
import { workAtHand } from './work-at-hand.ts';

/** How often wrong bytes are thrown away, and how often an object that is replaced meanwhile is begun anew. */
const TRIES = 3;
/** How often it is tried without a byte more, and ms between tries: twice as long each time, up to the longest. */
const PATIENCE = 3;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

export interface FetchRequest {
  /** Without a `sha256` it was never read wholly: what its store called it then tells whether it still is. */
  artifact: ArtifactRow;
  storage: StorageRow;
  /** Key below its root. */
  key: string;
  /** Of an older content of the object, which its store keeps; null: what is there now. */
  version: string | null;
  /** In the cache; nothing is there. */
  target: RawPath;
}

export interface Fetched {
  facts: FileFacts;
  /** Hex. */
  sha256: string;
}

/**
 * Errors: `file_not_found` (the store says that there is no such object), `wrong_content` (another size, or three times
 * other bytes), `file_changed` (replaced again and again), `already_exists` (somebody put a file at its place), those of the store and disk.
 */
export async function fetchContent(
  context: TransferContext,
  request: FetchRequest,
  tools: FetchTools,
): Promise<Fetched> {
  const { workstation, clock, busyTransfers, onTransfers } = context;
  await context.fs.makeFolder(cacheFolder(context), 0o700);
  const row = await rowFor(context, request);
  const before = { wrong: 0, replaced: 0, idle: 0, bytes: 0 };
  const work = workAtHand(clock, row);
  busyTransfers.set(row.id, work);
  onTransfers();
  try {
    const store = await storeOf(context, request.storage);
    for (;;) {
      try {
        return await tryOnce(context, store, row, request, {
          signal: tools.signal,
          onBytes(bytes) {
            if (bytes > before.bytes) before.idle = 0;
            before.bytes = bytes;
            work.told(bytes);
            tools.onBytes(bytes);
          },
        });
      } catch (error) {
        const pause = pauseAfter(error, before);
        if (pause === null || tools.signal.aborted) throw error;
        await wait(clock, pause, tools.signal);
      }
    }
  } catch (error) {
    const failure = { error: JSON.stringify(toErrorData(error)), updated_at: timestamp(clock) };
    const isOver = error instanceof BenchkeepError && OVER.has(error.code);
    if (isOver) await discard(context, row);
    if (!tools.signal.aborted)
      await updateTransfer(workstation, row.id, isOver ? { ...failure, state: 'cancelled' } : failure);
    throw error;
  } finally {
    busyTransfers.delete(row.id);
    onTransfers();
  }
}

/** What no further try makes better. */
const OVER: ReadonlySet<string> = new Set(['file_not_found', 'wrong_content', 'file_changed']);

interface Before {
  wrong: number;
  replaced: number;
  /** Tries without a byte more. */
  idle: number;
  bytes: number;
}

/** Ms until the next try; null: there is none. */
function pauseAfter(error: unknown, before: Before): number | null {
  if (!(error instanceof BenchkeepError) || !error.retry) return null;
  if (error.code === 'wrong_content') return ++before.wrong < TRIES ? 0 : null;
  if (error.code === 'file_changed') return ++before.replaced < TRIES ? 0 : null;
  // Nobody answered from the start: whoever asked is told at once.
  if (error.code !== 'offline' || before.bytes === 0 || ++before.idle > PATIENCE) return null;
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (before.idle - 1));
}

/** The row of the download of this content, which may have begun before. */
export async function rowFor(
  { workstation, clock }: TransferContext,
  { artifact, storage, key: newest, version, target }: FetchRequest,
): Promise<TransferRow> {
  const { uid: artifactUid, size, sha256 } = artifact;
  const key = version === null ? newest : versionedKey(storage.type, newest, version);
  const now = timestamp(clock);
  const known = await activeTransfer(workstation, { artifactUid, storageUid: storage.uid, direction: 'download' });
  const source = rawToBytes(target);
  if (known !== null && (sha256 === null || known.sha256 === sha256) && known.path.toString('utf8') === key)
    return updateTransfer(workstation, known.id, { error: null, source, updated_at: now });
  // Its content was replaced meanwhile: what came of the old is nobody's.
  if (known !== null) await updateTransfer(workstation, known.id, { state: 'cancelled', updated_at: now });
  return insertTransfer(workstation, {
    direction: 'download',
    purpose: 'cache',
    artifact_uid: artifactUid,
    storage_uid: storage.uid,
    path: Buffer.from(key, 'utf8'),
    source,
    facts: 'null',
    size,
    sha256: sha256 ?? NOT_READ,
    state: 'planned',
    created_at: now,
    updated_at: now,
  });
}

async function tryOnce(
  context: TransferContext,
  store: ObjectStore,
  { id }: TransferRow,
  request: FetchRequest,
  tools: FetchTools,
): Promise<Fetched> {
  const { size, sha256 } = request.artifact;
  const { workstation, clock, fs } = context;
  const set = (patch: Parameters<typeof updateTransfer>[2]): Promise<TransferRow> =>
    updateTransfer(workstation, id, { ...patch, updated_at: timestamp(clock) });
  const object = await store.stat(request.key, { signal: tools.signal, version: request.version });
  if (object === null) throw gone(request);
  const judged = judgeObject(store.kind, object, request.artifact);
  if (judged === 'other') throw replaced(request);
  let row = await set({ attempts: 0 });
  const part = partPath(context, row);
  const journal = await usableJournal(context, row, object);
  if (journal === null) await fs.removeOwnFile(part);
  const begun = journal ?? { object, ranges: [] };
  row = await set({ state: 'sending', facts: JSON.stringify(begun), sent: journal === null ? 0 : row.sent });
  if (size === 0) await fs.writePart(part, 0, Buffer.alloc(0));
  let digest: string;
  try {
    digest = await fetchRanges(context, { store, row, journal: begun, part }, tools);
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'file_changed') await discard(context, row);
    throw error;
  }
  await fs.syncPart(part);
  await set({ state: 'completing' });
  const facts = await fs.look(part);
  const isRight =
    facts?.size === size &&
    (sha256 === null
      ? await isAsStored(fs, object, { path: part, facts, sha256: digest }, tools.signal)
      : digest === sha256);
  if (!isRight) {
    await discard(context, row);
    // Of what is called something else than it was, the same would come again.
    throw judged === 'unknown' && !isOwn(request) ? replaced(request) : wrong(request);
  }
  await set({ state: 'verified', sha256: digest });
  await fs.moveProven(part, request.target, facts);
  await set({ state: 'done' });
  return { facts: (await fs.look(request.target)) ?? facts, sha256: digest };
}

/** In the row of a download: nobody knows it yet. */
const NOT_READ = '';

/** Benchkeep sent it there; else it was registered where it is. */
export function isOwn({ storage, key }: Pick<FetchRequest, 'storage' | 'key'>): boolean {
  return storage.managed === 1 && key.startsWith(`${OWN_FOLDER}/`);
}

/** Null where it has to be begun anew: the object is another one, or what came of it is not there any more. */
async function usableJournal(
  context: TransferContext,
  row: TransferRow,
  object: PartJournal['object'],
): Promise<PartJournal | null> {
  const journal = readJournal(row);
  if (journal === null || !isSameObject(journal.object, object)) return null;
  const part = await context.fs.look(partPath(context, row));
  const end = journal.ranges.at(-1)?.[1] ?? 0;
  return part?.kind === 'file' && part.size >= end && part.size <= object.size ? journal : null;
}

async function discard(context: TransferContext, row: TransferRow): Promise<void> {
  await context.fs.removeOwnFile(partPath(context, row));
  await updateTransfer(context.workstation, row.id, { facts: 'null', sent: 0, updated_at: timestamp(context.clock) });
}

function gone({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `There is no ${storage.root}/${key} any more`,
    'Its record stays. Ask who looks after the bucket; an earlier version of the object may still be there.',
  );
}

/** Somebody put something else there. */
export function replaced(request: FetchRequest): BenchkeepError {
  const { storage, key, version } = request;
  const address = `${storage.root}/${key}`;
  return new BenchkeepError(
    'wrong_content',
    `${address} is not any more what was registered`,
    isOwn(request) || version !== null
      ? 'It was not fetched. Ask who else writes into this storage; an earlier version of the object may still be there.'
      : `It was not fetched. Save it again, which makes a version of what is there now: benchkeep save "${address}".`,
  );
}

function wrong({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'wrong_content',
    `What came of ${storage.root}/${key} is not the content that was registered`,
    'It was thrown away, several times. Ask who looks after the bucket; an earlier version of the object may still be there.',
    { retry: true },
  );
}
