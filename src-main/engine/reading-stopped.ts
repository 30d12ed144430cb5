import { BenchkeepError } from '../../shared/errors.ts';

/** A thread that reads or hashes ended before it was done. `reason`: in the words of the system. */
export function readingStopped(reason: string): BenchkeepError {
  return new BenchkeepError('internal', `Reading stopped unexpectedly (${reason})`, 'It is tried again later.', {
    retry: true,
  });
}
