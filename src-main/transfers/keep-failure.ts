/** A try that failed is written down with its reason and the time of the next one. */
import { reviveError, toErrorData, type ErrorData } from '../../shared/errors.ts';
import { timestamp, type Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import { findTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { isOfStore, isToldAtOnce, isUnheard, pauseAfter } from './failed-try.ts';
import type { StoreFailure } from './failing-stores.ts';
import { isOver } from './may-do.ts';
import type { RunningTransfer } from './running-transfer.ts';

export interface FailureContext {
  workstation: Workstation;
  clock: Clock;
  random: Random;
}

/** What became of the transfer whose try failed. */
export type FailedTry =
  /** It ended for good; the reason that is written down counts. */
  | { kind: 'over'; error: unknown }
  /** Somebody stopped it: that is no failure. */
  | { kind: 'stopped' }
  /** It is tried again at `until`; `isTold`: whoever waits for it should not go on waiting. */
  | ({ kind: 'again'; isOfStore: boolean; isTold: boolean } & StoreFailure);

export async function keepFailure(
  { workstation, clock, random }: FailureContext,
  one: RunningTransfer,
  failure: unknown,
): Promise<FailedTry> {
  const { id } = one.row;
  const row = await findTransfer(workstation, id);
  if (row === null || isOver(row)) {
    const kept = typeof row?.error === 'string' ? reviveError(JSON.parse(row.error) as ErrorData) : null;
    return { kind: 'over', error: kept ?? failure };
  }
  // It is told every few seconds only: who pauses sees how far it came.
  const sent = one.sent();
  if (one.isStopped()) {
    await updateTransfer(workstation, id, { sent });
    return { kind: 'stopped' };
  }
  const error = toErrorData(failure);
  const attempts = row.attempts + 1;
  const until = clock.now() + pauseAfter(attempts, (random(1)[0] ?? 0) / 255, error);
  await updateTransfer(workstation, id, {
    attempts,
    sent,
    next: new Date(until).toISOString(),
    error: JSON.stringify(error),
    updated_at: timestamp(clock),
  });
  return {
    kind: 'again',
    until,
    isUnheard: isUnheard(error),
    isOfStore: isOfStore(error),
    isTold: isToldAtOnce(error, attempts),
  };
}
