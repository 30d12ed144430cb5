/**
 * Saves into a store that nobody goes on with, and what others that came to nothing have left there. Beside the look for
 * `orphan-uploads`, which leaves alone what a row of this computer still names.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { activeTransfers } from '../workstation/transfer-rows.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { endTransfer, storageOf } from './end-transfer.ts';
import { endSave } from './save-to-store.ts';
import { plannedUnrecorded, removeUnrecorded } from './unrecorded.ts';
import { UNPROVEN } from './upload-states.ts';

/** Ms for which what was sent of a save waits for somebody who saves it again. */
const KEPT = 7 * 24 * 3600 * 1000;

type SweepContext = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'stores' | 'clock' | 'fs' | 'folder' | 'busyTransfers' | 'onTransfers'
>;

/**
 * Ends those that have not been touched for a week, with their parts, and goes on with planned removals. A whole object
 * without a record stays: it may be the content of records that a restored backup does not know any more.
 */
export async function sweepAbandonedSaves(context: SweepContext, signal: AbortSignal): Promise<void> {
  const saves = (await activeTransfers(context.workstation)).filter(({ purpose }) => purpose === 'save');
  for (const row of saves) {
    signal.throwIfAborted();
    const isYoung = context.clock.now() - Date.parse(row.updated_at) < KEPT;
    if (isYoung || context.busyTransfers.has(row.id)) continue;
    await end(context, row, signal);
  }
  for (const plan of await plannedUnrecorded(context)) {
    signal.throwIfAborted();
    await removeUnrecorded(context, plan, signal).catch((error: unknown) => {
      // Its store is away, or others have the turn: another day.
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
}

async function end(context: SweepContext, row: TransferRow, signal: AbortSignal): Promise<void> {
  const storage = await storageOf(context, row);
  const record = await context.registry.db
    .selectFrom('artifact')
    .select('id')
    .where('uid', '=', row.artifact_uid)
    .executeTakeFirst();
  if (storage !== null && record !== undefined) await endSave(context, { uid: row.artifact_uid, storage }, 'done');
  else await endTransfer(context, row, abandoned(), { signal, keepsObject: !UNPROVEN.has(row.state) });
}

function abandoned(): BenchkeepError {
  return new BenchkeepError(
    'cancelled',
    'Nobody went on with this save for a week',
    'Nothing was changed here. Save it again, if it is still wanted.',
  );
}
