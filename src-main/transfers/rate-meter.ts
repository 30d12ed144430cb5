/** How fast something goes, over its last moments. */
import type { Clock } from '../ports/clock.ts';

/** Ms. Parts come one by one, some seconds apart on a slow line. */
const WINDOW = 20_000;
/** Ms before anything is told. */
const FIRST = 1_000;

export interface RateMeter {
  add(bytes: number): void;
  /** Bytes a second; null while nothing is measured. */
  rate(): number | null;
}

export function rateMeter(clock: Pick<Clock, 'monotonic'>): RateMeter {
  const began = clock.monotonic();
  let samples: { at: number; bytes: number }[] = [];
  return {
    add(bytes) {
      const now = clock.monotonic();
      samples = samples.filter(({ at }) => now - at < WINDOW);
      samples.push({ at: now, bytes });
    },
    rate() {
      const now = clock.monotonic();
      const span = Math.min(WINDOW, now - began);
      if (span < FIRST) return null;
      const bytes = samples.reduce((sum, one) => (now - one.at < WINDOW ? sum + one.bytes : sum), 0);
      return Math.round((bytes * 1000) / span);
    },
  };
}
