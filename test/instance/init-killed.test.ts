import { test } from 'vitest';
import { killInitAtPoints } from './kill-init.ts';

test(
  'killed at a point, making an instance leaves none or a whole one, and can be done again',
  { timeout: 120_000 },
  () => killInitAtPoints(7),
);
