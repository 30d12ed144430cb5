/** Numbers between 0 (included) and 1 (excluded), such as `Math.random` or `seedRandom(7)`. */
export type Random = () => number;

/**
 * A source of random numbers that gives the same numbers for the same seed, everywhere.
 * Formula: mulberry32 by Tommy Ettinger (public domain).
 */
export function seedRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number of a normal distribution (Box and Muller, 1958). */
export function drawNormal(random: Random, mean: number, deviation: number): number {
  // 1 - random() is never 0, whose logarithm is minus infinity.
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/** A number of a log-normal distribution; `spread` is the deviation of its natural logarithm. */
export function drawLogNormal(random: Random, median: number, spread: number): number {
  return median * Math.exp(drawNormal(random, 0, spread));
}

/** A whole number from `low` to `high`, both included. */
export function drawWhole(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}
