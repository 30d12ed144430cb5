import { describe, expect, test } from 'vitest';
import { cutPower } from './power-cut.ts';
import { whyNoLoopDisk } from './root-tools.ts';

describe.skipIf(whyNoLoopDisk() !== null)('F-DB02 a power cut', { timeout: 120_000 }, () => {
  test('F-DB02 loses nothing that was confirmed', () => {
    const { confirmed, found, lost } = cutPower('FULL');
    expect(confirmed.length).toBeGreaterThanOrEqual(60);
    expect(lost).toEqual([]);
    expect(found).toMatchObject({ sound: 'ok', warnings: [], violations: [] });
  });

  test('F-DB02 would lose confirmed lines without the syncs: the cut is a real one', () => {
    const attempts = [1, 2, 3].map(() => () => cutPower('NORMAL').lost.length);
    expect(attempts.some((attempt) => attempt() > 0)).toBe(true);
  });
});
