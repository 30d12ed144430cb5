/** One pass over a watched folder, or a look at parts of it: the disk is the truth, the inventory is brought to it. */
import { BenchkeepError } from '../../shared/errors.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, rememberDetached, rememberRoot } from '../storage/index.ts';
import { NO_FACTS, replaceSkipped, updateInbox } from './inbox.ts';
import { nestedRoots } from './nested-roots.ts';
import { noteGone } from './note-gone.ts';
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

  async function work(batch: ScanBatch): Promise<void> {
    // A drive may go in the middle of a walk: then what was not found means nothing, and what was found may be another's.
    const concludes = batch.gone.length + batch.failed.length + batch.settled.length > 0;
    if (concludes || (batch.candidates.length > 0 && (await rootId(context, root)) !== seen))
      await proveAttached(context, storage);
    if (await noteGone(context, storage.uid, batch)) context.onWatching('folders');
    await updateFromScan(context, storage, batch);
    skipped.push(...batch.skipped);
    taken = addTaken(taken, await takeCandidates(context, storage, batch.candidates, settle, signal));
    request.onTotals?.(batch.totals, taken);
  }

  const others = await nestedRoots(context, storage);
  const scan = { storageUid: storage.uid, root, rule: ruleFromRow(storage.watch_rule), start, ...others };
  const totals = await context.scanner.scan(scan, work, signal);
  if (request.start === undefined && (await replaceSkipped(context, storage.uid, skipped))) context.onWatching('inbox');
  return { totals, taken };
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

/** What could not be looked at is in the inbox, what needs no waiting is out of it. */
async function updateFromScan(context: ReconcileContext, storage: StorageRow, batch: ScanBatch): Promise<void> {
  const failed = batch.failed.map(({ path, error }) => ({ path, facts: NO_FACTS, error }));
  if (await updateInbox(context.workstation, storage.uid, context.clock.now(), { failed, settled: batch.settled }))
    context.onWatching('inbox');
}
