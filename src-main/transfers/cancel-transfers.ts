/** Ends transfers that a person does not want any more, or whose artifact goes. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { TransferRecord } from '../../shared/contract/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { chosenTransfers, findTransfer, transfersOf } from '../workstation/transfer-rows.ts';
import { endTransfer } from './end-transfer.ts';
import { chosen, type ChangeContext } from './change-transfers.ts';
import { transferRecords } from './list-transfers.ts';
import type { TransferContext } from './transfer-context.ts';
import { OVER, UNPROVEN } from './upload-states.ts';

type CancelContext = ChangeContext & Pick<TransferContext, 'stores' | 'busyTransfers' | 'fs' | 'folder'>;

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
  await context.queue.hold(all, async () => {
    for (const id of all) {
      const row = await findTransfer(context.workstation, id);
      if (row === null || OVER.has(row.state)) continue;
      if (UNPROVEN.has(row.state) && !context.busyTransfers.has(id)) await endTransfer(context, row, null);
      else refused.push(row);
    }
  });
  const [first] = refused;
  if (first !== undefined && ids !== null) throw tooLate(first);
  return { items: await transferRecords(context, await chosenTransfers(context.workstation, all)) };
}

function tooLate({ id, state }: TransferRow): BenchkeepError {
  return UNPROVEN.has(state)
    ? new BenchkeepError(
        'refused',
        `Transfer ${String(id)} belongs to a file that is being saved at this moment`,
        'Stop the saving of that file instead.',
      )
    : new BenchkeepError(
        'refused',
        `The content of transfer ${String(id)} is in the cloud and verified already`,
        'It comes to its end in a moment. If you do not want it there, delete the artifact then.',
      );
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
    const rows = (await chosenTransfers(context.workstation, ids)).filter(({ state }) => !OVER.has(state));
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
