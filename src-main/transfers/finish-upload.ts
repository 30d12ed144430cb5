/** Brings an upload of a registered artifact to its end, from whatever state it is in. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { runUpload } from './run-upload.ts';
import { settleUpload, type Settled } from './settle-upload.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';

/** Errors: `locked` while somebody else does it; `not_found` where its storage is gone; those of its two halves. */
export async function finishUpload(context: TransferContext, row: TransferRow, tools: TransferTools): Promise<Settled> {
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('uid', '=', row.storage_uid)
    .executeTakeFirst();
  if (storage === undefined)
    throw new BenchkeepError('not_found', 'The storage of this upload was removed', 'Choose another storage.');
  return whileBusy(context, row, async () =>
    settleUpload(context, await runUpload(context, row, storage, tools), storage, tools),
  );
}

/** One at a time does what a transfer's row says. */
async function whileBusy<T>(
  { busyTransfers }: Pick<TransferContext, 'busyTransfers'>,
  { id }: TransferRow,
  work: () => Promise<T>,
): Promise<T> {
  if (busyTransfers.has(id)) {
    throw new BenchkeepError('locked', 'It is being uploaded already', 'Wait for it: benchkeep transfers --watch.', {
      retry: true,
    });
  }
  busyTransfers.add(id);
  try {
    return await work();
  } finally {
    busyTransfers.delete(id);
  }
}
