/** Lets a long operation run while its progress is told to whoever asked for it. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { JobProgress } from '../../shared/contract/index.ts';
import { wait, type Clock } from '../ports/clock.ts';

/** What the work is given: the signal that ends it, and the progress that it keeps up to date. */
export interface JobTools {
  signal: AbortSignal;
  progress: JobProgress;
}

/** Ms between two tellings. */
const TELL_EVERY = 100;

/**
 * Yields progress until `work` is done, and at its end. Whoever stops listening stops the work; it is waited for, so
 * that nothing of it goes on unseen.
 */
export async function* tellProgress<T>(
  clock: Clock,
  signal: AbortSignal | undefined,
  work: (tools: JobTools) => Promise<T>,
): AsyncGenerator<JobProgress, T> {
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const progress: JobProgress = { items: 0, items_total: null, bytes: 0, bytes_total: null, file: null };
  const over = new AbortController();
  const running = work({ signal: stop.signal, progress }).finally(() => {
    over.abort();
  });
  running.catch(() => undefined);
  try {
    while (!over.signal.aborted) {
      await wait(clock, TELL_EVERY, over.signal);
      yield { ...progress };
    }
    return await running;
  } finally {
    abort();
    signal?.removeEventListener('abort', abort);
    await running.catch(() => undefined);
  }
}

/** Errors: `cancelled`. */
export function refuseIfStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', {
    retry: true,
  });
}
