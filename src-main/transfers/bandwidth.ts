/**
 * One limit (bytes a second) for all uploads together. What is sent is paid for afterwards: a part goes at once and at
 * full speed, so that no request takes longer for the limit and runs into a time-out, and the next one waits until the
 * part before is paid for. On average the limit holds; at most one part is ahead of it.
 */
import type { Clock } from '../ports/clock.ts';

export interface Bandwidth {
  /** Null: none. Counts at once, also for what waits. */
  setLimit(limit: number | null): void;
  /** Resolves when so many bytes may be sent, first come, first served; at once when `signal` aborts. */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
}

interface Waiter {
  bytes: number;
  go: () => void;
}

export function bandwidth(clock: Pick<Clock, 'monotonic' | 'after'>): Bandwidth {
  let limit: number | null = null;
  /** Bytes that were sent and are not paid for, at the time `paidAt`. */
  let debt = 0;
  let paidAt = clock.monotonic();
  let waiting: Waiter[] = [];
  let cancel = (): void => undefined;

  function pay(): void {
    const now = clock.monotonic();
    debt = limit === null ? 0 : Math.max(0, debt - ((now - paidAt) * limit) / 1000);
    paidAt = now;
  }

  function serve(): void {
    cancel();
    pay();
    while (debt < 1) {
      const next = waiting.shift();
      if (next === undefined) return;
      if (limit !== null) debt += next.bytes;
      next.go();
    }
    if (limit !== null && waiting.length > 0) cancel = clock.after(Math.ceil((debt * 1000) / limit), serve);
  }

  return {
    setLimit(to) {
      if (to === limit) return;
      pay();
      // What was sent before at another speed is not waited for at the new one for longer than a moment.
      debt = to === null || limit === null ? 0 : debt;
      limit = to;
      serve();
    },
    take: (bytes, signal) =>
      new Promise((resolve) => {
        const waiter: Waiter = {
          bytes,
          go() {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        const leave = (): void => {
          waiting = waiting.filter((other) => other !== waiter);
          resolve();
          serve();
        };
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(waiter);
        serve();
      }),
  };
}
