/** When an instance is opened, and nobody waits: what earlier starts left to be done, and stores have to be asked for. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { finishHalfFrees } from './finish-frees.ts';
import { finishRemovals } from './pending-removals.ts';

/** What can't be done now waits for the next start. Errors: what no store says, after all else was done. */
export async function finishWithStores(context: InstanceContext, signal: AbortSignal): Promise<void> {
  const ends = await Promise.allSettled([
    finishRemovals(context, { of: 'stores', signal }),
    finishHalfFrees(context, signal),
  ]);
  for (const end of ends)
    if (end.status === 'rejected' && !(end.reason instanceof BenchkeepError) && !signal.aborted) throw end.reason;
}
