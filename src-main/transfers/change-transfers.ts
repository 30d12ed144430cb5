/** What a person does with transfers on their list: pause, resume, retry, first, clear. */
import type { TransferRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { changeTransfers, chosenTransfers, firstRank, forgetTransfersOver } from '../workstation/transfer-rows.ts';
import { transferRecords } from './list-transfers.ts';

export type ChangeContext = Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'queue'>;

interface Chosen {
  /** Null: all that are not over. */
  ids: readonly number[] | null;
}
interface Changed {
  items: TransferRecord[];
}
type Patch = Parameters<typeof changeTransfers>[2];

/** As before its first try: it is not waited for any more. */
const AT_ONCE = { paused: 0, attempts: 0, next: null, error: null } as const;

/** Resolves when nobody works on them; what the store has of them stays there. */
export async function pauseTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  const rows = (await chosen(context, ids)).filter(isUpload);
  const all = rows.map(({ id }) => id);
  return context.queue.hold(all, () => change(context, all, { paused: 1 }));
}

export async function resumeTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  const paused = (await chosen(context, ids)).filter((row) => isUpload(row) && row.paused === 1);
  return again(context, paused);
}

/** Those that wait after a failure; their stores, too, are asked at once. */
export async function retryTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  const waiting = (await chosen(context, ids)).filter((row) => isUpload(row) && row.paused === 0 && row.attempts > 0);
  return again(context, waiting);
}

async function again(context: ChangeContext, rows: readonly TransferRow[]): Promise<Changed> {
  const changed = await change(
    context,
    rows.map(({ id }) => id),
    AT_ONCE,
  );
  context.queue.tryAgain();
  return changed;
}

/** Among themselves they keep their order. */
export async function firstTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  const rows = await chosen(context, ids);
  const changed = await change(
    context,
    rows.map(({ id }) => id),
    { rank: await firstRank(context.workstation) },
  );
  context.queue.wake();
  return changed;
}

/** Of those that are over. */
export async function clearTransfers(context: ChangeContext): Promise<Record<string, never>> {
  await forgetTransfersOver(context.workstation);
  context.queue.wake();
  return {};
}

/** Errors: `not_found` for an id that no transfer has. */
export async function chosen({ workstation }: ChangeContext, ids: readonly number[] | null): Promise<TransferRow[]> {
  const rows = await chosenTransfers(workstation, ids);
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids?.find((id) => !known.has(id));
  if (unknown === undefined) return rows;
  throw new BenchkeepError(
    'not_found',
    `There is no transfer ${String(unknown)}`,
    'Look which there are: benchkeep transfers.',
  );
}

async function change(context: ChangeContext, ids: readonly number[], patch: Patch): Promise<Changed> {
  const { workstation, clock } = context;
  if (ids.length > 0) await changeTransfers(workstation, ids, { ...patch, updated_at: timestamp(clock) });
  return { items: await transferRecords(context, await chosenTransfers(workstation, ids)) };
}

/** A save is brought to its end by whoever saves. */
function isUpload({ purpose, state }: TransferRow): boolean {
  return purpose === 'upload' && state !== 'done' && state !== 'cancelled';
}
