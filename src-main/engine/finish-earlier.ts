/** What a program that ended in the middle left half done is brought to its end when its instance is opened again. */
import { toErrorData } from '../../shared/errors.ts';
import {
  finishFrees,
  finishRemovals,
  finishReplacements,
  finishReturns,
  finishWithStores,
  sweepOrphans,
} from '../artifacts/index.ts';
import type { OpenInstance } from '../instance/index.ts';
import { sweepParts } from '../transfers/index.ts';
import { finishMoves } from '../watching/index.ts';

export interface Asking {
  /** All that stores had to be asked about is done, or was left. */
  ended: Promise<unknown>;
  /** Leaves the rest for the next time. */
  stop(): Promise<unknown>;
}

/**
 * What is on disks is done when it resolves. Nobody waits for a store that does not answer: that goes on. `onWarning`: the
 * warnings of the instance have another one, because of what should never happen.
 */
export async function finishEarlier(context: OpenInstance, onWarning: () => void = () => undefined): Promise<Asking> {
  // Before names of files on their way are swept: theirs are among them.
  await finishReplacements(context);
  await finishReturns(context);
  await sweepOrphans(context);
  await sweepParts(context);
  await finishFrees(context);
  await finishRemovals(context, { of: 'disks' });
  await finishMoves(context);
  const stop = new AbortController();
  const ended = finishWithStores(context, stop.signal).catch((error: unknown) => {
    const { message } = toErrorData(error);
    context.warnings.push(
      `What was left to be done with stores was not done: ${message}. The next start tries it again.`,
    );
    onWarning();
  });
  return {
    ended,
    stop() {
      stop.abort();
      return ended;
    },
  };
}
