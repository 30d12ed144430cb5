import { test } from 'vitest';
import { killInitAtPoints } from './kill-init.ts';

test('killed at any point, making an instance leaves none or a whole one, and can be done again', () =>
  killInitAtPoints(1));
