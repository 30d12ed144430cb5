/** Work that nobody waits for longer than it is worth. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { wait, type Clock } from '../../ports/clock.ts';

interface Timed {
  clock: Clock;
}

/** `late`: what `work` does from then on is nobody's business any more; its signal is aborted. */
export async function inTime<T>(
  { clock }: Timed,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ done: T } | 'late'> {
  const late = new AbortController();
  const over = new AbortController();
  const tooLate = wait(clock, ms, over.signal).then((): 'late' | Promise<never> => {
    if (over.signal.aborted) return new Promise<never>(() => undefined);
    late.abort();
    return 'late';
  });
  const doing = work(late.signal).then((done) => ({ done }));
  doing.catch(() => undefined);
  try {
    return await Promise.race([doing, tooLate]);
  } finally {
    over.abort();
  }
}

/** Errors: `offline` where it takes longer than `ms`. */
export async function within<T>(timed: Timed, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const answer = await inTime(timed, ms, work);
  if (answer !== 'late') return answer.done;
  throw new BenchkeepError(
    'offline',
    'The place of the published registry does not answer',
    'It is asked again later; your work is saved on this computer.',
    { retry: true },
  );
}
