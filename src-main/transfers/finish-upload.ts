/** Brings an upload of a registered artifact to its end, from whatever state it is in. */
import { BenchkeepError } from '../../shared/errors.ts';
import { stemOf } from '../../shared/uid.ts';
import { whileAlone } from '../instance/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { readTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { runUpload } from './run-upload.ts';
import { settleUpload, type Settled } from './settle-upload.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';
import { OVER, READING } from './upload-states.ts';
import { workAtHand } from './work-at-hand.ts';

/**
 * `source`: the file to read, as it is now, where that is another than before. Errors: `locked` while somebody else does
 * it; `not_found` where its storage is gone; those of its two halves.
 */
export async function finishUpload(
  context: TransferContext,
  row: TransferRow,
  tools: TransferTools,
  source: { source: Buffer; facts: string } | null = null,
): Promise<Settled> {
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('uid', '=', row.storage_uid)
    .executeTakeFirst();
  if (storage === undefined)
    throw new BenchkeepError('not_found', 'The storage of this upload was removed', 'Choose another storage.');
  return whileBusy(context, row, async () => {
    // As it is now: whoever was at work on it until a moment ago may have brought it to its end.
    const now = await readTransfer(context.workstation, row.id);
    if (OVER.has(now.state)) return { row: now, cached: null };
    const isAsPlanned = source === null || (source.source.equals(now.source) && source.facts === now.facts);
    const isRead = isAsPlanned || !READING.has(now.state);
    const ready = isRead ? now : await updateTransfer(context.workstation, row.id, source);
    const sent = await runUpload(context, ready, storage, tools);
    return whileAlone(context, stemOf(sent.artifact_uid), () => settleUpload(context, sent, storage, tools));
  });
}

/** One at a time does what a transfer's row says. */
async function whileBusy<T>(
  { busyTransfers, clock }: Pick<TransferContext, 'busyTransfers' | 'clock'>,
  row: TransferRow,
  work: () => Promise<T>,
): Promise<T> {
  const { id } = row;
  if (busyTransfers.has(id)) {
    throw new BenchkeepError('locked', 'It is being uploaded already', 'Wait for it: benchkeep transfers --watch.', {
      retry: true,
    });
  }
  // The queue that runs it knows how fast it is.
  busyTransfers.set(id, workAtHand(clock, row));
  try {
    return await work();
  } finally {
    busyTransfers.delete(id);
  }
}
