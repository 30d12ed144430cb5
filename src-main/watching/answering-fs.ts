/** Looks at a share that may hang. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';

/** Ms after which a call counts as hanging. */
const HANGS = 5_000;

/**
 * `fs` for one storage. Each call that hangs holds one of the few threads that serve the files of all storages: while
 * one does, no other is made, and whoever asks is told that the drive does not answer.
 */
export function answeringFs(fs: Fs, clock: Pick<Clock, 'monotonic'>): Fs {
  const calls = new Set<{ since: number }>();
  async function guard<T>(run: () => Promise<T>): Promise<T> {
    for (const { since } of calls) {
      if (clock.monotonic() - since > HANGS) {
        throw new BenchkeepError('offline', 'The drive does not answer', 'Check its cable or the network.', {
          retry: true,
        });
      }
    }
    const call = { since: clock.monotonic() };
    calls.add(call);
    try {
      return await run();
    } finally {
      calls.delete(call);
    }
  }
  return {
    ...fs,
    look: (path) => guard(() => fs.look(path)),
    readFolder: (path) => guard(() => fs.readFolder(path)),
    readRange: (path, offset, length) => guard(() => fs.readRange(path, offset, length)),
  };
}
