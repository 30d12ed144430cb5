/** When the queue looks the next time, and whether the times that were written down mean anything then. */
import type { Clock } from '../ports/clock.ts';

/** Ms between two looks at the time of the day, at clocks that jumped, and at the network. */
export const LONGEST_LOOK = 30_000;
/** Ms that the wall clock may get away from the steady one between two looks. More: the computer slept. */
const JUMP = 20_000;

export interface QueueAlarm {
  /** Rings once, in `ms`, and not when it was set to before. */
  ringIn(ms: number): void;
  /** For good. */
  silence(): void;
}

/** `slept`: the computer slept, or its clock was set, since it rang last. */
export function queueAlarm(clock: Clock, ring: (slept: boolean) => void): QueueAlarm {
  let cancel = (): void => undefined;
  let isSilent = false;
  let last = { wall: clock.now(), steady: clock.monotonic() };
  return {
    ringIn(ms) {
      cancel();
      if (isSilent) return;
      cancel = clock.after(ms, () => {
        const wall = clock.now();
        const steady = clock.monotonic();
        const slept = Math.abs(wall - last.wall - (steady - last.steady)) > JUMP;
        last = { wall, steady };
        ring(slept);
      });
    },
    silence() {
      isSilent = true;
      cancel();
    },
  };
}
