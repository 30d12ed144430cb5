/** Ends transfers that a person does not want any more, or whose artifact goes. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { TransferRecord } from '../../shared/contract/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { chosenTransfers, findTransfer, transfersOf } from '../workstation/transfer-rows.ts';
import { endTransfer } from './end-transfer.ts';
import { chosen, type ChangeContext } from './change-transfers.ts';
import { whileContentAlone } from './content-lock.ts';
import { stopDownload } from './fetch-to-cache.ts';
import { transferRecords } from './list-transfers.ts';
import { isOver, mayDo, refusal } from './may-do.ts';
import { endDownload } from './sweep-parts.ts';
import type { TransferContext } from './transfer-context.ts';

type CancelContext = ChangeContext &
  Pick<TransferContext, 'stores' | 'fs' | 'folder' | 'downloads' | 'contentsAtWork' | 'onTransfers'>;

/**
 * Null: all that can be. Errors: `not_found`; `refused` for one that is verified (it only has to be brought to its end)
 * or is being saved at this moment: the others are ended all the same.
 */
export async function cancelTransfers(
  context: CancelContext,
  { ids }: { ids: readonly number[] | null },
): Promise<{ items: TransferRecord[] }> {
  const asked = ids === null ? await chosenTransfers(context.workstation, null) : await chosen(context, ids);
  const all = asked.map(({ id }) => id);
  const refused: TransferRow[] = [];
  for (const row of asked) if (row.direction === 'download') await cancelDownload(context, row);
  await context.queue.hold(all, async () => {
    for (const id of all) {
      const row = await findTransfer(context.workstation, id);
      if (row === null || isOver(row)) continue;
      if (mayDo(row, context.busyTransfers.has(id)).cancel && row.direction === 'upload')
        await endTransfer(context, row, null);
      else refused.push(row);
    }
  });
  const [first] = refused;
  if (first !== undefined && ids !== null) throw refusal('cancel', first);
  return { items: await transferRecords(context, await chosenTransfers(context.workstation, all)) };
}

/** What came of it is taken away; whoever waits for it is told. */
async function cancelDownload(context: CancelContext, { id, artifact_uid: uid }: TransferRow): Promise<void> {
  if (context.busyTransfers.has(id)) await stopDownload(context, uid);
  await whileContentAlone(context, uid, async () => {
    const row = await findTransfer(context.workstation, id);
    if (row !== null && mayDo(row, context.busyTransfers.has(id)).cancel) await endDownload(context, row, 'cancelled');
  });
  context.onTransfers();
}

/**
 * Does `work`, which removes these artifacts, while nobody uploads them; their uploads are over with it. Errors:
 * `locked` while the content of one is verified, but not recorded: then nothing is done.
 */
export async function withoutUploads<T>(
  context: CancelContext,
  artifactUids: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const found = (await transfersOf(context.workstation, artifactUids)).filter(({ purpose }) => purpose === 'upload');
  if (found.length === 0) return work();
  const ids = found.map(({ id }) => id);
  return context.queue.hold(ids, async () => {
    const rows = (await chosenTransfers(context.workstation, ids)).filter((row) => !isOver(row));
    if (rows.some(({ state }) => state === 'verified')) {
      throw new BenchkeepError(
        'locked',
        'It is being uploaded, and its content has just been verified in the cloud',
        'Wait until the upload is done (benchkeep transfers), then delete it. Nothing was deleted.',
        { retry: true },
      );
    }
    const result = await work();
    for (const row of rows) await endTransfer(context, row, removed());
    return result;
  });
}

function removed(): BenchkeepError {
  return new BenchkeepError('not_found', 'Its artifact was deleted', 'There is nothing to be done.');
}
