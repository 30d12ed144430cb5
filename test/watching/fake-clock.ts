/** A clock that a test moves. It begins a little ahead, so that files that a test makes are not from the future, yet too young for most rules. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src-main/ports/clock.ts';

export interface FakeClock extends Clock {
  /** Both clocks go on by `ms`; what is due rings on the way, in order. */
  advance(ms: number): Promise<void>;
  /** The wall clock alone. */
  jump(ms: number): void;
  set(wall: number): void;
  /** Waits for `call` before the clock is moved on: the disk is not to look slow because a test's time flies. */
  during<T>(call: Promise<T>): Promise<T>;
}

/** Real ms after which a call counts as one that hangs, and the clock goes on without it. */
const HANGS = 1_000;

export function fakeClock(start = Date.now() + 5000): FakeClock {
  let wall = start;
  let steady = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const calls = new Set<Promise<unknown>>();
  return {
    now: () => wall,
    monotonic: () => steady,
    after(ms, run) {
      const timer = { at: steady + ms, run };
      timers.add(timer);
      // What is to happen at once happens without anybody moving the clock.
      if (ms <= 100) setTimeout(() => timers.delete(timer) && run(), ms);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = steady + ms;
      for (;;) {
        while (calls.size > 0) await Promise.all(calls);
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        const to = Math.max(steady, due?.at ?? end);
        wall += to - steady;
        steady = to;
        if (due === undefined) break;
        timers.delete(due);
        due.run();
        // Lets what rang set its next timer.
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    jump(ms) {
      wall += ms;
    },
    set(to) {
      wall = to;
    },
    during(call) {
      const over = new AbortController();
      const answered = call.then(
        () => {
          over.abort();
        },
        () => {
          over.abort();
        },
      );
      const hangs = pause(HANGS, undefined, { signal: over.signal }).catch(() => undefined);
      const known: Promise<unknown> = Promise.race([answered, hangs]).then(() => calls.delete(known));
      calls.add(known);
      return call;
    },
  };
}
