/** Randomness as an argument. */
import { randomBytes } from 'node:crypto';

/** `count` bytes, unpredictable where it is the system's. */
export type Random = (count: number) => Uint8Array;

export const systemRandom: Random = (count) => randomBytes(count);
