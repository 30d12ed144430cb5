import { expect, test } from 'vitest';
import { useOutside } from '../stores/use-outside.ts';
import { killAtHalf } from './kill-at-half.ts';

const store = useOutside('s3');
const SIZE = 256 * 1024 ** 2;

test('F-UP18 killed when half of a large file is sent, at most one part for each that is sent at once comes twice', async () => {
  const { before, after, most, signal, wrong } = await killAtHalf(store(), SIZE);
  expect(wrong).toEqual([]);
  expect(signal).toBe('SIGKILL');
  expect(before).toBeGreaterThanOrEqual(SIZE / 2);
  expect(before + after).toBeLessThanOrEqual(most);
  // It is no new upload.
  expect(after).toBeLessThan(SIZE);
});
