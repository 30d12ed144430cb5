/** When an instance is opened, and nobody waits: what earlier starts left to be done, and stores have to be asked for. */
import type { InstanceContext } from '../instance/index.ts';
import { finishHalfFrees } from './finish-frees.ts';
import { finishRemovals } from './pending-removals.ts';

/** What can't be done now waits for the next start. */
export async function finishWithStores(context: InstanceContext, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([finishRemovals(context, { of: 'stores', signal }), finishHalfFrees(context, signal)]);
}
