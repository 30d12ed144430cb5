/**
 * Small files that go to one store at the same time: each step of all of them is one durable write, for of a small file the
 * commits of its states take longer than its bytes. Only what goes as it should goes on here. Whatever does not, stays in a
 * state from which `runUpload` and `settleUpload` go on, which know what to do of everything else.
 */
import { stemOf } from '../../shared/uid.ts';
import { whileAllAlone } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { storeOf, wordsForObject, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { chosenTransfers, stepTransfers, type TransferStep } from '../workstation/transfer-rows.ts';
import { gatedStores } from './gated-stores.ts';
import { isOfFolder } from './folder-in-store.ts';
import { isContent } from './judge-object.ts';
import { isMade } from './judge-sent.ts';
import { recordCopies } from './record-copies.ts';
import type { RunTools } from './running-transfer.ts';
import { isSmall, putSmall, sendContent, type SentContent } from './send-content.ts';
import { mayGo } from './settle-place.ts';
import { placesOf, type SourcePlace } from './source-place.ts';
import type { TransferContext, UploadSource } from './transfer-context.ts';
import { keyOf } from './transfer-context.ts';
import { noteMade } from './unrecorded.ts';
import { workAtHand } from './work-at-hand.ts';

/** Files of one step that are read, or sent, at the same time. */
const AT_ONCE = 16;

export interface SmallUpload {
  row: TransferRow;
  artifact: ArtifactRow;
  /** Its file, as it is now. */
  source: Pick<UploadSource, 'path' | 'facts'>;
  tools: RunTools;
}

/** One of them that goes as it should. */
interface Going extends SmallUpload {
  store: ObjectStore;
  content: SentContent;
}

interface Proven extends Going {
  there: ObjectFacts;
}

/** Ids of those that came to their end. None fails here. Errors: those of the databases, which are everybody's. */
export async function uploadTogether(
  context: TransferContext,
  uploads: readonly SmallUpload[],
  storage: StorageRow,
): Promise<Map<number, TransferRow>> {
  const { busyTransfers, clock } = context;
  const free = uploads.filter(({ row }) => !busyTransfers.has(row.id));
  for (const { row } of free) busyTransfers.set(row.id, workAtHand(clock, row));
  try {
    const going = await readAll(context, await asPlanned(context, free), storage);
    if (going.length === 0) return new Map();
    await step(context, going, ({ content: { checksums } }) => ({
      state: 'completing',
      checksum: JSON.stringify(checksums),
    }));
    const proven = await passing(going, sendOne);
    const stems = proven.map(({ row }) => stemOf(row.artifact_uid));
    return await whileAllAlone(context, stems, () => endAll(context, proven, storage));
  } finally {
    for (const { row } of free) busyTransfers.delete(row.id);
  }
}

/** Those that nobody has begun, of the file that was chosen for them, as their rows are now. */
async function asPlanned(context: TransferContext, uploads: readonly SmallUpload[]): Promise<SmallUpload[]> {
  const ids = uploads.map(({ row }) => row.id);
  const rows = new Map((await chosenTransfers(context.workstation, ids)).map((row) => [row.id, row]));
  return uploads.flatMap((upload) => {
    const row = rows.get(upload.row.id);
    if (row === undefined) return [];
    const { path, facts } = upload.source;
    const isAsChosen = row.source.equals(rawToBytes(path)) && row.facts === JSON.stringify(facts);
    return row.state === 'planned' && row.token === null && !isOfFolder(row) && isAsChosen ? [{ ...upload, row }] : [];
  });
}

function readAll(context: TransferContext, uploads: readonly SmallUpload[], storage: StorageRow): Promise<Going[]> {
  return passing(uploads, async (upload) => {
    const { row, source, tools } = upload;
    const store = await storeOf({ ...context, stores: gatedStores(context.stores, tools.gate) }, storage);
    if (!isSmall(store, row.size)) return null;
    const whole = { ...source, sha256: row.sha256 };
    const content = await sendContent(context, { store, key: keyOf(row), source: whole, token: null }, tools);
    return content === null ? null : { ...upload, store, content };
  });
}

/** Null where what the store has is not certainly the content. */
async function sendOne(going: Going): Promise<Proven | null> {
  const { store, row, artifact, content, tools } = going;
  const { uid, sha256, key, hash, hash_type: hashType } = artifact;
  const metadata = wordsForObject({ uid, sha256: sha256 ?? row.sha256, key, hash, hashType });
  const { signal } = tools;
  const made = await putSmall(store, keyOf(row), content.small, { metadata, signal });
  const there = await store.stat(keyOf(row), { signal });
  if (there === null || !isMade(made, there)) return null;
  const { checksums } = content;
  if (!(await isContent(store, there, { size: row.size, sha256: row.sha256, checksums }, signal))) return null;
  tools.onSent(row.size);
  return { ...going, there };
}

/** The registry first. What is to go from its place is left for `settleUpload`. */
async function endAll(
  context: TransferContext,
  proven: readonly Proven[],
  storage: StorageRow,
): Promise<Map<number, TransferRow>> {
  if (proven.length === 0) return new Map();
  const rows = proven.map(({ row }) => row);
  const recorded = await recordCopies(context, rows, storage);
  const named = proven.filter((_, n) => recorded[n]?.kind === 'recorded');
  const places = await placesOf(
    context,
    named.map(({ row }) => row),
  );
  const isOver = (one: Proven): boolean => !hasToGo(one.row, places.get(one.row.id));
  await step(context, named, (one) => ({
    state: isOver(one) ? 'done' : 'recorded',
    checksum: noteMade({ ...one.row, checksum: JSON.stringify(one.content.checksums) }, one.there),
    version: one.there.version,
    sent: one.row.size,
  }));
  return new Map(named.filter(isOver).map(({ row }) => [row.id, { ...row, state: 'done', sent: row.size }]));
}

function hasToGo(row: TransferRow, place: SourcePlace | undefined): boolean {
  return place !== undefined && mayGo(row, place);
}

async function step<T extends SmallUpload>(
  { workstation, clock }: TransferContext,
  uploads: readonly T[],
  stepOf: (upload: T) => Pick<TransferStep, 'state' | 'checksum'> & Partial<TransferStep>,
): Promise<void> {
  if (uploads.length === 0) return;
  const steps = uploads.map((upload) => {
    const { id, version, sent } = upload.row;
    return { id, version, sent, ...stepOf(upload) };
  });
  await stepTransfers(workstation, steps, timestamp(clock));
}

/** What `work` makes of each, of those of which it makes anything: why others fail is found out by doing them alone. */
async function passing<T, R>(items: readonly T[], work: (item: T) => Promise<R | null>): Promise<R[]> {
  const results: R[] = [];
  const left = items.values();
  const workOn = async (): Promise<void> => {
    for (const item of left) {
      const result = await work(item).catch(() => null);
      if (result !== null) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, workOn));
  return results;
}
