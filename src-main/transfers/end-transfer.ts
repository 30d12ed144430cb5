/**
 * Ends a transfer before its end: what the store got of it is taken away, nothing on this computer is touched. That it is
 * over, and why, is written down first; a store that can't be reached, or has much of it, keeps nobody waiting.
 */
import { toErrorData, type BenchkeepError } from '../../shared/errors.ts';
import { timestamp, wait } from '../ports/clock.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf, type ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateWithPlan } from '../workstation/upload-rows.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';
import { nameOfPlan, removeUnrecorded, unrecordedOf } from './unrecorded.ts';

/** Ms. What is not done by then is found later (`orphan-uploads`, `abandoned-saves`). */
const LONGEST = 5_000;

export type EndContext = Pick<TransferContext, 'registry' | 'workstation' | 'stores' | 'clock' | 'fs' | 'folder'>;

/** `reason` null: a person wanted it. Nobody else may be at work on it. `keepsObject`: what is whole there stays. */
export async function endTransfer(
  context: EndContext,
  row: TransferRow,
  reason: BenchkeepError | null,
  { signal, keepsObject = false }: { signal?: AbortSignal; keepsObject?: boolean } = {},
): Promise<TransferRow> {
  // Where something else is in its place, what lies there is not known to be ours.
  const plan = keepsObject || reason?.code === 'already_exists' ? null : unrecordedOf(row);
  const over = {
    state: 'cancelled',
    paused: 0,
    attempts: 0,
    next: null,
    error: reason === null ? null : JSON.stringify(toErrorData(reason)),
    updated_at: timestamp(context.clock),
  } as const;
  const setting = plan === null ? null : { name: nameOfPlan(plan), value: plan };
  const ended = await updateWithPlan(context.workstation, row.id, over, setting);
  await dropParts(context, row, signal);
  if (plan !== null) await briefly(context, signal, (late) => removeUnrecorded(context, plan, late));
  return ended;
}

/** An object that was completed already stays: another computer may have recorded it, and an upload that is asked for again uses it. */
export async function dropParts(context: EndContext, row: TransferRow, signal?: AbortSignal): Promise<void> {
  const isFolder = isOfFolder(row);
  if (isFolder) await dropJournal(context, row);
  if (row.token === null && !(isFolder && row.state !== 'planned')) return;
  await briefly(context, signal, (late) => abort(context, row, late));
}

/** What fails, or is not done in time, is left. */
async function briefly(
  { clock }: EndContext,
  signal: AbortSignal | undefined,
  work: (late: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = signal === undefined ? [] : [signal];
  const late = new AbortController();
  const over = new AbortController();
  const working = work(AbortSignal.any([late.signal, ...stop]))
    .catch(() => undefined)
    .finally(() => {
      over.abort();
    });
  await wait(clock, LONGEST, AbortSignal.any([over.signal, ...stop]));
  late.abort();
  await working;
}

async function abort(context: EndContext, row: TransferRow, signal: AbortSignal): Promise<void> {
  const storage = await storageOf(context, row);
  if (storage === null) return;
  const store = await storeOf(context, storage);
  if (isOfFolder(row)) await abortMembers(store, row, signal);
  else if (row.token !== null) await store.uploads.abort(keyOf(row), row.token, { signal });
}

/** Unfinished uploads of large members. */
async function abortMembers(store: ObjectStore, row: TransferRow, signal: AbortSignal): Promise<void> {
  for await (const { key, token } of store.uploads.list(`${keyOf(row)}/`, { signal }))
    await store.uploads.abort(key, token, { signal });
}

export async function storageOf(
  { registry }: Pick<TransferContext, 'registry'>,
  { storage_uid: uid }: Pick<TransferRow, 'storage_uid'>,
): Promise<StorageRow | null> {
  return (await registry.db.selectFrom('storage').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}
