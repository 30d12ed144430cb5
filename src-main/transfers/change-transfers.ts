/** What a person does with transfers on their list: pause, resume, retry, first, clear. */
import type { TransferRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { changeTransfers, chosenTransfers, firstRank, forgetTransfersOver } from '../workstation/transfer-rows.ts';
import { transferRecords } from './list-transfers.ts';
import { isSo, mayDo, refusal, type Deed } from './may-do.ts';

export type ChangeContext = Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'queue' | 'busyTransfers'>;

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
  const asked = await chosen(context, ids);
  const held = asked.filter(({ purpose }) => purpose === 'upload').map(({ id }) => id);
  return context.queue.hold(held, () => change(context, 'pause', { asked, ids }, { paused: 1 }));
}

export async function resumeTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  return again(context, 'resume', ids);
}

/** Those that wait after a failure; their stores, too, are asked at once. */
export async function retryTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  return again(context, 'retry', ids);
}

async function again(context: ChangeContext, deed: Deed, ids: Chosen['ids']): Promise<Changed> {
  try {
    return await change(context, deed, { asked: await chosen(context, ids), ids }, AT_ONCE);
  } finally {
    context.queue.tryAgain();
  }
}

/** Among themselves they keep their order. */
export async function firstTransfers(context: ChangeContext, { ids }: Chosen): Promise<Changed> {
  const asked = await chosen(context, ids);
  const rank = await firstRank(context.workstation);
  try {
    return await change(context, 'first', { asked, ids }, { rank });
  } finally {
    context.queue.wake();
  }
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

/** Those that can are changed; then the first that can't is why it is refused, unless all were meant. */
async function change(
  context: ChangeContext,
  deed: Deed,
  { asked, ids }: Chosen & { asked: readonly TransferRow[] },
  patch: Patch,
): Promise<Changed> {
  const { workstation, clock, queue, busyTransfers } = context;
  const all = asked.map(({ id }) => id);
  // As they are now: what was at work on them a moment ago may have ended them.
  const rows = await chosenTransfers(workstation, all);
  const isBusy = ({ id }: TransferRow): boolean => busyTransfers.has(id) || queue.progressOf(id) !== null;
  const changing = new Set(rows.filter((row) => mayDo(row, isBusy(row))[deed]).map(({ id }) => id));
  const refused = rows.find((row) => !changing.has(row.id) && !isSo(deed, row, isBusy(row)));
  if (changing.size > 0) await changeTransfers(workstation, [...changing], { ...patch, updated_at: timestamp(clock) });
  if (refused !== undefined && ids !== null) throw refusal(deed, refused);
  return { items: await transferRecords(context, await chosenTransfers(workstation, all)) };
}
