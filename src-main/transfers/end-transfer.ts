/** Ends a transfer before its end: what the store got of it is taken away, nothing on this computer is touched. */
import { toErrorData, type BenchkeepError } from '../../shared/errors.ts';
import { timestamp, wait } from '../ports/clock.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { abortMembers } from './run-folder-upload.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';

/** Ms. A store that can't be reached keeps nobody waiting: its parts are found later (`orphan-uploads`). */
const LONGEST_ABORT = 5_000;

type EndContext = Pick<TransferContext, 'registry' | 'workstation' | 'stores' | 'clock' | 'fs' | 'folder'>;

/** `reason` null: a person wanted it. Nobody may be at work on it. */
export async function endTransfer(
  context: EndContext,
  row: TransferRow,
  reason: BenchkeepError | null,
): Promise<TransferRow> {
  const ended = await updateTransfer(context.workstation, row.id, {
    state: 'cancelled',
    paused: 0,
    attempts: 0,
    next: null,
    error: reason === null ? null : JSON.stringify(toErrorData(reason)),
    updated_at: timestamp(context.clock),
  });
  await dropParts(context, row);
  return ended;
}

/** An object that was completed already stays: another computer may have recorded it, and an upload that is asked for again uses it. */
export async function dropParts(context: EndContext, row: TransferRow): Promise<void> {
  const isFolder = isOfFolder(row);
  if (isFolder) await dropJournal(context, row);
  if (row.token === null && !(isFolder && row.state !== 'planned')) return;
  const late = new AbortController();
  const over = new AbortController();
  const aborting = abort(context, row, late.signal)
    // Parts that stay there are taken away some days later.
    .catch(() => undefined)
    .finally(() => {
      over.abort();
    });
  await wait(context.clock, LONGEST_ABORT, over.signal);
  late.abort();
  await aborting;
}

async function abort(context: EndContext, row: TransferRow, signal: AbortSignal): Promise<void> {
  const storage = await storageOf(context, row);
  if (storage === null) return;
  const store = await storeOf(context, storage);
  if (isOfFolder(row)) await abortMembers(store, row, signal);
  else if (row.token !== null) await store.uploads.abort(keyOf(row), row.token, { signal });
}

export async function storageOf(
  { registry }: Pick<TransferContext, 'registry'>,
  { storage_uid: uid }: Pick<TransferRow, 'storage_uid'>,
): Promise<StorageRow | null> {
  return (await registry.db.selectFrom('storage').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}
