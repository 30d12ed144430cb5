/** Evictions that nobody waits for: begun after a command was answered, ended with the instance. And what they met before. */
import { wait, type Clock } from '../ports/clock.ts';

/** Ms that an instance which is closed gives them. */
const GRACE = 3000;
/** Ms until what was kept is looked at again: twice as long each time. */
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 6 * 3_600_000;

export interface Evictions {
  /** When what is under way is over. */
  soon(work: (signal: AbortSignal) => Promise<unknown>): void;
  /** Whether it was kept so lately that it is not read and asked about again. */
  isRefused(artifactUid: string): boolean;
  refused(artifactUid: string): void;
  evicted(artifactUid: string): void;
  close(): Promise<void>;
}

export function evictions(clock: Clock): Evictions {
  const stop = new AbortController();
  const refusals = new Map<string, { until: number; pause: number }>();
  let running: Promise<unknown> = Promise.resolve();
  return {
    soon(work) {
      running = running.then(() => (stop.signal.aborted ? undefined : work(stop.signal))).catch(() => undefined);
    },
    isRefused: (uid) => clock.monotonic() < (refusals.get(uid)?.until ?? 0),
    refused(uid) {
      const pause = Math.min((refusals.get(uid)?.pause ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE);
      refusals.set(uid, { until: clock.monotonic() + pause, pause });
    },
    evicted(uid) {
      refusals.delete(uid);
    },
    async close() {
      const over = new AbortController();
      await Promise.race([running, wait(clock, GRACE, over.signal)]);
      over.abort();
      stop.abort();
      await running;
    },
  };
}
