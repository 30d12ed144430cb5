/** Runs a job of the contract to its end, showing its progress. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { JobProgress } from '../../../shared/contract/index.ts';

/** What is used of an iterator; its `return` is left out of the type, because it would make every result `any`. */
interface Job<R> {
  next(): Promise<IteratorResult<JobProgress, R>>;
  return?: () => Promise<unknown>;
}

/** The job's result. Errors: `cancelled` once `signal` aborts, which ends the job. */
export async function runJob<R>(
  job: Promise<Job<R>>,
  context: { signal: AbortSignal; progress: (progress: JobProgress) => void },
): Promise<R> {
  const iterator = await job;
  const stop = (): void => void iterator.return?.();
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const step = await iterator.next();
      // A job that was closed on the way ends without a result.
      if (context.signal.aborted) throw stopped();
      if (step.done === true) return step.value;
      context.progress(step.value);
    }
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}

/** Work that can go on where it was. */
export function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Stopped', 'Run the command again to go on where it was.');
}
