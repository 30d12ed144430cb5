/** Runs a job of the contract to its end, showing its progress. */
import type { JobProgress } from '../../../shared/contract/index.ts';

/** The job's result. Aborting `signal` ends the job. */
export async function runJob<P extends JobProgress, R>(
  job: Promise<AsyncIterator<P, R>>,
  context: { signal: AbortSignal; progress: (progress: JobProgress) => void },
): Promise<R> {
  const iterator = await job;
  const stop = (): void => void iterator.return?.();
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const step = await iterator.next();
      if (step.done === true) return step.value;
      context.progress(step.value);
    }
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}
