/** Randomness as an argument. */
import { randomBytes } from 'node:crypto';

/** `count` bytes, unpredictable where it is the system's. */
export type Random = (count: number) => Uint8Array;

/** `bytes` of `random` in one draw, for many ids at once: a draw costs more than an id. What goes beyond is drawn anew. */
export function drawnAhead(random: Random, bytes: number): Random {
  const drawn = random(bytes);
  let used = 0;
  return (count) => {
    if (used + count > drawn.length) return random(count);
    used += count;
    return drawn.subarray(used - count, used);
  };
}

export const systemRandom: Random = (count) => randomBytes(count);
