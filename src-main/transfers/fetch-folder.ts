/**
 * Fetches a folder artifact from a store into the cache: file by file into a folder for the time being, where what came is
 * kept over cuts and restarts, each proven by its sha256; under its name the folder appears whole.
 */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp, wait } from '../ports/clock.ts';
import { effect } from '../ports/failpoint.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import { storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { cacheFolder } from './cache-folder.ts';
import { rowFor, type FetchRequest } from './fetch-content.ts';
import type { FetchTools } from './fetch-ranges.ts';
import { isWholeFolder } from './folder-here.ts';
import { memberKey } from './folder-in-store.ts';
import { manifestOf } from './fetch-manifest.ts';
import { partPath } from './part-file.ts';
import type { TransferContext } from './transfer-context.ts';
import { workAtHand } from './work-at-hand.ts';

/** Members at once, and bytes and number of the ranges of one. */
const PARALLEL = 6;
const RANGE = 8 * 1024 ** 2;
const RANGES = 4;
/** How often a member is asked for, and ms before the second time. */
const TRIES = 3;
const FIRST_PAUSE = 500;

/** What no further try makes better. */
const OVER: ReadonlySet<string> = new Set(['file_not_found', 'wrong_content', 'file_changed']);

/** Errors: as of `fetchContent`, with the member named; `not_supported` where nobody has the list of its files. */
export async function fetchFolder(
  context: TransferContext,
  request: FetchRequest,
  tools: FetchTools,
): Promise<FileFacts> {
  const { workstation, clock, busyTransfers, fs, onTransfers } = context;
  const store = await storeOf(context, request.storage);
  const { artifactUid: uid, sha256, target } = request;
  const manifest = await manifestOf(context, store, { uid, sha256 }, tools.signal);
  if (manifest === null) throw listless(request);
  await fs.makeFolder(cacheFolder(context), 0o700);
  const row = await rowFor(context, request);
  const part = partPath(context, row);
  const set = (patch: Parameters<typeof updateTransfer>[2]): Promise<unknown> =>
    updateTransfer(workstation, row.id, { ...patch, updated_at: timestamp(clock) });
  const work = workAtHand(clock, row);
  busyTransfers.set(row.id, work);
  onTransfers();
  const onBytes = (bytes: number): void => {
    work.told(bytes);
    tools.onBytes(bytes);
  };
  try {
    await set({ state: 'sending' });
    await fs.makeFolder(part, 0o700);
    await fetchMembers(context, { store, request, manifest, part }, { ...tools, onBytes });
    await set({ state: 'completing', sent: request.size });
    if (!(await isWholeFolder(context, { uid, folder: part }, () => true))) throw notWhole(request);
    await fs.moveFolderIn(part, target);
    await set({ state: 'done' });
    const facts = await fs.look(target);
    if (facts === null) throw notWhole(request);
    return facts;
  } catch (error) {
    const isOver = error instanceof BenchkeepError && OVER.has(error.code);
    if (isOver) await fs.removeTemporaryFolder(part);
    if (!tools.signal.aborted)
      await set({ error: JSON.stringify(toErrorData(error)), ...(isOver ? { state: 'cancelled' } : {}) });
    throw error;
  } finally {
    busyTransfers.delete(row.id);
    onTransfers();
  }
}

interface Members {
  store: ObjectStore;
  request: FetchRequest;
  manifest: RawPath;
  part: RawPath;
}

async function fetchMembers(
  context: TransferContext,
  { store, request, manifest, part }: Members,
  tools: FetchTools,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([tools.signal, failed.signal]);
  const entries = readManifest(manifest);
  let bytes = 0;
  const onBytes = (came: number): void => {
    bytes += came;
    tools.onBytes(bytes);
  };
  let failure: { error: unknown } | null = null;
  const worker = async (): Promise<void> => {
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
      if (signal.aborted) return;
      const { path, size } = next.value;
      const there = await context.fs.look(joinRaw(part, path));
      // It has its name since all of it was proven.
      if (there?.kind === 'file' && there.size === size) onBytes(size);
      else await fetchMember(context, store, { request, entry: next.value, part }, { signal, onBytes });
    }
  };
  const guarded = (): Promise<void> =>
    worker().catch((error: unknown) => {
      failure ??= { error };
      failed.abort();
    });
  try {
    await Promise.all(Array.from({ length: PARALLEL }, guarded));
  } finally {
    await entries.return(undefined);
  }
  tools.signal.throwIfAborted();
  const told = failure as { error: unknown } | null;
  if (told !== null) throw told.error;
}

async function fetchMember(
  context: TransferContext,
  store: ObjectStore,
  { request, entry, part }: { request: FetchRequest; entry: ManifestEntry; part: RawPath },
  tools: FetchTools,
): Promise<void> {
  const { fs, clock } = context;
  const { path, size, sha256 } = entry;
  const target = joinRaw(part, path);
  const key = memberKey(request.key, path);
  await fs.makeFolder(splitRaw(target).folder, 0o700);
  for (let tries = 1; ; tries++) {
    try {
      const object = await store.stat(key, { signal: tools.signal });
      if (object === null) throw gone(request, path);
      if (object.size !== size) throw other(request, path);
      const fill = (write: Write): Promise<void> => fillRanges(store, object, write, tools.signal);
      await fs.fillFsyncMoveIn({ target, size, sha256, fill });
      tools.onBytes(size);
      return;
    } catch (error) {
      const isLast = tries === TRIES || tools.signal.aborted || !(error instanceof BenchkeepError) || !error.retry;
      if (isLast && error instanceof BenchkeepError && error.code === 'wrong_content') throw other(request, path);
      if (isLast) throw error;
      await wait(clock, FIRST_PAUSE * 2 ** (tries - 1), tools.signal);
    }
  }
}

type Write = (offset: number, bytes: Uint8Array) => Promise<void>;

async function fillRanges(store: ObjectStore, object: ObjectFacts, write: Write, signal: AbortSignal): Promise<void> {
  const { size } = object;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let offset = next; offset < size; offset = next) {
      next += RANGE;
      const length = Math.min(RANGE, size - offset);
      const bytes = await effect('store.read', () =>
        store.readRange(object.key, offset, length, { of: object, signal }),
      );
      await write(offset, bytes);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: RANGES }, worker));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function gone({ storage, key }: FetchRequest, path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `There is no ${storage.root}/${key}/${rawToDisplay(path)} any more`,
    'Its record stays. Ask who looks after the bucket; an earlier version of the object may still be there.',
  );
}

function other({ storage, key }: FetchRequest, path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'wrong_content',
    `${storage.root}/${key}/${rawToDisplay(path)} is not any more what was registered`,
    'It was not fetched. Ask who else writes into this storage; an earlier version of the object may still be there.',
  );
}

function notWhole({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'io_error',
    `What came of ${storage.root}/${key} was changed while it was fetched`,
    'Fetch it again.',
    { retry: true },
  );
}

function listless({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `${storage.root}/${key} can't be fetched: the list of its files is neither here nor in the store`,
    'Fetch it with the tools of its store.',
  );
}
