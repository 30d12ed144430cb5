/** One timer that is set again and again. */
import type { Clock } from '../ports/clock.ts';

export interface Alarm {
  /** Rings once, in `ms` or earlier if it was set so: what keeps coming must not put it off for ever. */
  ringIn(ms: number): void;
  silence(): void;
}

export function alarm(clock: Pick<Clock, 'monotonic' | 'after'>, ring: () => void): Alarm {
  let set: { at: number; cancel: () => void } | null = null;
  function silence(): void {
    set?.cancel();
    set = null;
  }
  return {
    ringIn(ms) {
      const at = clock.monotonic() + ms;
      if (set !== null && set.at <= at) return;
      silence();
      const cancel = clock.after(ms, () => {
        set = null;
        ring();
      });
      set = { at, cancel };
    },
    silence,
  };
}
