/**
 * Small files that go to one store at the same time: each step of all of them is one write, for of a small file the commits
 * of its states take longer than its bytes. Only what goes as it should goes on here. Whatever does not, stays in a
 * state from which `runUpload` and `settleUpload` go on, which know what to do of everything else.
 */
import { BenchkeepError, toErrorData, type ErrorCode } from '../../shared/errors.ts';
import { stemOf } from '../../shared/uid.ts';
import { whileAllAlone } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { nextTurn } from '../ports/give-way.ts';
import { openRoom } from '../ports/room.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { CommitOptions } from '../registry/shared-commit.ts';
import { wordsForObject, type ObjectFacts } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { chosenTransfers } from '../workstation/transfer-rows.ts';
import { stepTransfers, type TransferStep } from '../workstation/upload-rows.ts';
import { isOfStore } from './failed-try.ts';
import { isOfFolder } from './folder-in-store.ts';
import { isContent } from './judge-object.ts';
import { isMade, removeWrong } from './judge-sent.ts';
import { AT_ONCE, passing, readTogether, type Going, type SmallUpload, type Turn } from './read-together.ts';
import { recordCopies } from './record-copies.ts';
import { mayGo } from './settle-place.ts';
import { placesOf } from './source-place.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';
import { noteMade } from './unrecorded.ts';
import { workAtHand } from './work-at-hand.ts';

/** What no other one of them would be spared. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set(['offline', 'not_signed_in', 'bucket_not_found']);

interface Proven extends Going {
  there: ObjectFacts;
}

export interface Together {
  /** By their ids, those that came to their end. */
  done: Map<number, TransferRow>;
  /** Why the store can't be reached by anybody now; null where it can, and the others may be done alone. */
  failure: BenchkeepError | null;
}

/** Errors: those of the databases, which are everybody's. */
export async function uploadTogether(
  context: TransferContext,
  uploads: readonly SmallUpload[],
  storage: StorageRow,
): Promise<Together> {
  const { busyTransfers, clock } = context;
  const free = uploads.filter(({ row }) => !busyTransfers.has(row.id));
  for (const { row } of free) busyTransfers.set(row.id, workAtHand(clock, row));
  const lost = new AbortController();
  let failure: BenchkeepError | null = null;
  const turn: Turn = {
    signal: AbortSignal.any([lost.signal, ...free.map(({ tools }) => tools.signal)]),
    room: openRoom(AT_ONCE),
    failed(error) {
      if (!OF_ALL.has(error.code) || !isOfStore(toErrorData(error))) return;
      failure ??= error;
      lost.abort();
    },
  };
  const going: Going[] = [];
  try {
    await readTogether(context, await asPlanned(context, free), storage, turn, (one) => going.push(one));
    if (going.length === 0) return { done: new Map(), failure };
    await step(context, going, ({ file: { checksums } }) => ({
      state: 'completing',
      checksum: JSON.stringify(checksums),
    }));
    const proven = await passing(going, turn, (one) => sendOne(one, storage, turn));
    return { done: await endAll(context, proven, storage), failure };
  } finally {
    for (const { file } of going) file.close();
    for (const { row } of free) busyTransfers.delete(row.id);
  }
}

/** Those that nobody has begun, as their rows are now. */
async function asPlanned(context: TransferContext, uploads: readonly SmallUpload[]): Promise<SmallUpload[]> {
  const ids = uploads.map(({ row }) => row.id);
  const rows = new Map((await chosenTransfers(context.workstation, ids)).map((row) => [row.id, row]));
  return uploads.flatMap((upload) => {
    const row = rows.get(upload.row.id);
    if (row === undefined) return [];
    return row.state === 'planned' && row.token === null && !isOfFolder(row) ? [{ ...upload, row }] : [];
  });
}

/** Null where what the store has is not certainly the content. */
async function sendOne(going: Going, storage: StorageRow, { signal }: Turn): Promise<Proven | null> {
  const { store, row, artifact, file, tools } = going;
  const { uid, sha256, key, hash, hash_type: hashType } = artifact;
  const metadata = wordsForObject({ uid, sha256: sha256 ?? row.sha256, key, hash, hashType });
  const put = await file.put(keyOf(row), { metadata, signal });
  if (put === null || !isMade(put.made, put.there)) return null;
  const { there } = put;
  const { checksums } = file;
  if (!(await isContent(store, there, { size: row.size, sha256: row.sha256, checksums }, signal))) {
    // Sent once more alone, which tells whoever waits for it when that goes wrong, too.
    await removeWrong(store, there, `${storage.root}/${keyOf(row)}`);
    return null;
  }
  tools.onSent(row.size);
  return { ...going, there };
}

/**
 * The registry first. Only those of which nothing more is to be done are brought to their end; of the others it is written
 * down that they are verified, and `settleUpload` goes on: with what is to go from its place, for to name it in the store and
 * to move what is here is one matter; with what others are at work on; with what is no artifact any more.
 */
async function endAll(
  context: TransferContext,
  proven: readonly Proven[],
  storage: StorageRow,
): Promise<Map<number, TransferRow>> {
  const goOn = (some: readonly Proven[]): Promise<void> =>
    step(context, some, (one) => ({ ...verifiedStep(one), state: 'verified' }));
  const hasToGo = await thoseToGo(context, proven);
  const isAlone = ({ row }: Proven): boolean => !context.familiesAtWork.has(stemOf(row.artifact_uid));
  const staying = proven.filter((one) => !hasToGo.has(one.row.id) && isAlone(one));
  const stems = staying.map(({ row }) => stemOf(row.artifact_uid));
  // Before anything is waited for: nobody comes in between.
  const ending = whileAllAlone(context, stems, async () => {
    // Several come here at once, and each takes some ms of the thread that everybody waits for.
    await nextTurn();
    const recorded = await recordCopies(
      context,
      staying.map(({ row }) => row),
      storage,
    );
    await nextTurn();
    const isRecorded = (_: Proven, n: number): boolean => recorded[n]?.kind === 'recorded';
    // What becomes of the file here may have been chosen anew.
    const toGoNow = await thoseToGo(context, staying);
    const done = staying.filter((one, n) => isRecorded(one, n) && !toGoNow.has(one.row.id));
    // The registry names them, and whoever finds them not done asks it.
    await step(context, done, (one) => ({ ...verifiedStep(one), state: 'done' }), { mayBeLost: true });
    await goOn(staying.filter((one) => !done.includes(one)));
    return new Map(done.map(({ row }) => [row.id, { ...row, state: 'done' as const, sent: row.size }]));
  });
  const [done] = await Promise.all([ending, goOn(proven.filter((one) => !staying.includes(one)))]);
  return done;
}

/** Ids of those whose file here goes to the cache, as is chosen now. */
async function thoseToGo(context: TransferContext, uploads: readonly Proven[]): Promise<Set<number>> {
  const rows = await chosenTransfers(
    context.workstation,
    uploads.map(({ row }) => row.id),
  );
  const places = await placesOf(context, rows);
  const toGo = rows.filter((row) => {
    const place = places.get(row.id);
    return place !== undefined && mayGo(row, place);
  });
  return new Set(toGo.map(({ id }) => id));
}

function verifiedStep({ row, file, there }: Proven): Omit<TransferStep, 'id' | 'state'> {
  const checksum = noteMade({ ...row, checksum: JSON.stringify(file.checksums) }, there);
  return { checksum, version: there.version, sent: row.size };
}

async function step<T extends SmallUpload>(
  { workstation, clock }: TransferContext,
  uploads: readonly T[],
  stepOf: (upload: T) => Pick<TransferStep, 'state' | 'checksum'> & Partial<TransferStep>,
  options: CommitOptions = {},
): Promise<void> {
  if (uploads.length === 0) return;
  const steps = uploads.map((upload) => {
    const { id, version, sent } = upload.row;
    return { id, version, sent, ...stepOf(upload) };
  });
  await stepTransfers(workstation, steps, timestamp(clock), options);
}
