/** One pass over a watched folder, or a look at parts of it: the disk is the truth, the inventory is brought to it. */
import { BenchkeepError } from '../../shared/errors.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { instrumentRun } from '../provenance/index.ts';
import { checkRoot, localRoot, rememberDetached, rememberRoot } from '../storage/index.ts';
import { NO_FACTS, replaceSkipped, updateInbox } from './inbox.ts';
import { decideGone, type GoneDecision } from './decide-gone.ts';
import { followMoves } from './follow-moves.ts';
import { attachedStorages, type Move } from './moves.ts';
import { nestedRoots } from './nested-roots.ts';
import { noteGone } from './note-gone.ts';
import { noteUnverifiedGone } from './note-unverified-gone.ts';
import { pairByContent, type NewContent } from './pair-by-content.ts';
import { pairByInode } from './pair-by-inode.ts';
import type { ScanBatch, ScanTotals, SkippedEntry } from './scanner.ts';
import { addTaken, NOTHING_TAKEN, takeCandidates, type TakeContext, type Taken } from './take-candidates.ts';
import { ruleFromRow } from './watch-rule.ts';

export type ReconcileContext = TakeContext;

export interface ReconcileRequest {
  storage: StorageRow;
  /** Files and folders below the root to look at; all of it if left out. */
  start?: RawPath[];
  /** Ms. */
  settle: number;
  onTotals?: (totals: ScanTotals, taken: Taken) => void;
  signal?: AbortSignal;
}

export interface Reconciled {
  totals: ScanTotals;
  taken: Taken;
  /** Files that were followed to other paths. */
  moved: number;
  gone: GoneDecision;
}

/** Errors: `offline` where the root is not attached (nothing is concluded from what was not found); `cancelled`. */
export async function reconcile(context: ReconcileContext, request: ReconcileRequest): Promise<Reconciled> {
  const { storage, settle, signal, start = ['' as RawPath] } = request;
  const root = localRoot(storage);
  // Before the proof, so that a drive that takes the place afterwards is told from the one that was proven.
  const seen = await rootId(context, root);
  await proveAttached(context, storage);
  if (await rememberRoot(context, storage)) context.onWatching('folders');
  let taken: Taken = { ...NOTHING_TAKEN };
  const skipped: SkippedEntry[] = [];
  const attached = attachedStorages(context, storage);
  const moves: Move[] = [];
  const paired = new Set<string>();

  async function follow(files: readonly NewContent[]): Promise<ReadonlySet<RawPath>> {
    const found = await pairByContent(context, attached, storage, files, paired);
    moves.push(...found);
    return new Set(found.map(({ to }) => to.path));
  }

  async function work(batch: ScanBatch): Promise<void> {
    // A drive may go in the middle of a walk: then what was not found means nothing, and what was found may be another's.
    const concludes = batch.gone.length + batch.failed.length + batch.settled.length > 0;
    if (concludes || (batch.candidates.length > 0 && (await rootId(context, root)) !== seen))
      await proveAttached(context, storage);
    if (await noteGone(context, storage, batch)) context.onWatching('folders');
    await updateFromScan(context, storage, batch);
    skipped.push(...batch.skipped);
    const known = await pairByInode(context, attached, storage, batch.candidates);
    moves.push(...known.moves);
    taken = addTaken(taken, await takeCandidates(context, storage, known.rest, settle, signal, follow));
    request.onTotals?.(batch.totals, taken);
  }

  const nested = await nestedRoots(context, storage);
  const scan = {
    storageUid: storage.uid,
    root,
    rule: ruleFromRow(storage.watch_rule),
    start,
    asOf: context.clock.now(),
    ...nested,
  };
  const totals = await context.scanner.scan(scan, work, signal);
  if (request.start === undefined && (await replaceSkipped(context, storage.uid, skipped))) context.onWatching('inbox');
  // At the end, so that a renamed folder is one event, however many batches its files came in.
  const followed = moves.length === 0 ? new Set<Move>() : await followAll(context, storage, moves);
  // A folder that is one item is looked at as a whole by the next pass.
  const others = moves
    .filter((move) => !followed.has(move) && move.to.facts.kind !== 'folder')
    .map(({ to }) => ({ path: to.path, facts: to.facts }));
  taken = addTaken(taken, await takeCandidates(context, storage, others, settle, signal));
  if (request.start === undefined) await noteUnverifiedGone(context, storage);
  return { totals, taken, moved: followed.size, gone: await decideGone(context, storage) };
}

async function followAll(
  context: ReconcileContext,
  storage: StorageRow,
  moves: readonly Move[],
): Promise<ReadonlySet<Move>> {
  // Proven once more: what is not seen on a drive that went meanwhile did not move away.
  const attached = attachedStorages(context, storage);
  const certain: Move[] = [];
  for (const move of moves) {
    const device = move.sameFile ? move.to.facts.dev : undefined;
    if ((await attached.byUid(move.from.storage.uid, device)) !== null) certain.push(move);
  }
  const author = { userId: storage.created_by_id, runId: await instrumentRun(context, storage) };
  const followed = new Set(await followMoves(context, certain, author));
  const settled = [...followed].map(({ to }) => to.path);
  if (await updateInbox(context.workstation, storage.uid, context.clock.now(), { settled }))
    context.onWatching('inbox');
  context.onWatching('folders');
  return followed;
}

/** Throws `offline` unless the root is the one that was registered. */
async function proveAttached(context: ReconcileContext, storage: StorageRow): Promise<void> {
  const root = await checkRoot(context, storage);
  if (root.attached) return;
  if (await rememberDetached(context, storage, root.reason)) context.onWatching('folders');
  throw new BenchkeepError('offline', root.reason, 'Connect it; we will look again when it is back.', { retry: true });
}

/** Null where it can't be told. */
async function rootId(context: ReconcileContext, root: RawPath): Promise<string | null> {
  const facts = await context.fs.look(root).catch((error: unknown) => {
    // The proof that follows says what is wrong, in words for people.
    if (error instanceof BenchkeepError) return null;
    throw error;
  });
  return facts === null ? null : fileId(facts);
}

/** What could not be looked at is in the inbox, what needs no waiting or is gone is out of it. */
async function updateFromScan(context: ReconcileContext, storage: StorageRow, batch: ScanBatch): Promise<void> {
  const failed = batch.failed.map(({ path, error }) => ({ path, facts: NO_FACTS, error }));
  if (
    await updateInbox(context.workstation, storage.uid, context.clock.now(), {
      failed,
      settled: batch.settled,
      gone: batch.gone,
    })
  )
    context.onWatching('inbox');
}
