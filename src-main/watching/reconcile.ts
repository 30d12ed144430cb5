/** One pass over a watched folder: the disk is the truth, the inventory is brought to it. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, rememberDetached, rememberRoot } from '../storage/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { NO_FACTS, updateInbox } from './inbox.ts';
import { nestedRoots } from './nested-roots.ts';
import { noteGone } from './note-gone.ts';
import type { ScanBatch, Scanner, ScanTotals } from './scanner.ts';
import { addTaken, NOTHING_TAKEN, takeCandidates, type TakeContext, type Taken } from './take-candidates.ts';
import { ruleFromRow } from './watch-rule.ts';

export interface ReconcileContext extends TakeContext {
  scanner: Scanner;
}

export interface ReconcileRequest {
  storage: StorageRow;
  /** Folders below the root to begin at; the root itself if left out. */
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

/** Errors: `offline` where the root is not attached (nothing was changed); `cancelled`. */
export async function reconcile(context: ReconcileContext, request: ReconcileRequest): Promise<Reconciled> {
  const { storage, settle, signal } = request;
  const start = request.start ?? ['' as RawPath];
  await proveAttached(context, storage);
  let taken: Taken = { ...NOTHING_TAKEN };

  async function work(batch: ScanBatch): Promise<void> {
    // A drive may go in the middle of a walk: then what the walk did not find means nothing.
    if (batch.gone.length + batch.failed.length > 0) await proveAttached(context, storage);
    await noteGone(context, storage.uid, batch);
    await noteFailed(context, storage, batch);
    taken = addTaken(taken, await takeCandidates(context, storage, batch.candidates, settle, signal));
    request.onTotals?.(batch.totals, taken);
  }

  const totals = await context.scanner.scan(
    { storageUid: storage.uid, root: localRoot(storage), rule: ruleFromRow(storage.watch_rule), start, nestedRoots: await nestedRoots(context, storage) },
    work,
    signal,
  );
  await rememberRoot(context, storage);
  return { totals, taken };
}

/** Throws `offline` unless the root is the one that was registered. */
export async function proveAttached(context: ReconcileContext, storage: StorageRow): Promise<void> {
  const root = await checkRoot(context, storage);
  if (root.attached) return;
  if (await rememberDetached(context, storage, root.reason)) context.onWatching('folders');
  throw new BenchkeepError('offline', root.reason, 'Connect it; we will look again when it is back.', { retry: true });
}

/** What could not be looked at is in the inbox: its siblings go on. */
async function noteFailed(context: ReconcileContext, storage: StorageRow, batch: ScanBatch): Promise<void> {
  const failed = batch.failed.map(({ path, error }) => ({ path, facts: NO_FACTS, error }));
  if (await updateInbox(context.workstation, storage.uid, context.clock.now(), { failed })) context.onWatching('inbox');
}
