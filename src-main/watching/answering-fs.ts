/** Looks at a share that may hang. */
import { BenchkeepError } from '../../shared/errors.ts';
import { wait, type Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';

/** Ms after which a call counts as hanging; longer than the patience of `checkRoot`, which has better words for it. */
const HANGS = 12_000;

/**
 * `fs` for one storage. Each call that hangs holds one of the few threads that serve the files of all storages: while
 * one does, no other is made, and whoever asks is told that the drive does not answer.
 */
export function answeringFs(fs: Fs, clock: Clock): Fs {
  const calls = new Set<{ since: number }>();
  async function guard<T>(run: () => Promise<T>): Promise<T> {
    for (const { since } of calls) if (clock.monotonic() - since >= HANGS) throw notAnswering();
    const call = { since: clock.monotonic() };
    calls.add(call);
    const over = new AbortController();
    const answer = run().finally(() => {
      calls.delete(call);
      over.abort();
    });
    const tooLong = wait(clock, HANGS, over.signal).then(() => {
      if (over.signal.aborted) return answer;
      throw notAnswering();
    });
    return Promise.race([answer, tooLong]);
  }
  return {
    ...fs,
    look: (path) => guard(() => fs.look(path)),
    readFolder: (path) => guard(() => fs.readFolder(path)),
    readRange: (path, offset, length) => guard(() => fs.readRange(path, offset, length)),
  };
}

function notAnswering(): BenchkeepError {
  return new BenchkeepError('offline', 'The drive does not answer', 'Check its cable or the network.', { retry: true });
}
