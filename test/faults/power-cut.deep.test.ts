import { describe, expect, test } from 'vitest';
import { cutPower } from './power-cut.ts';
import { whyNoLoopDisk } from './root-tools.ts';

describe.skipIf(whyNoLoopDisk() !== null)('F-DB02 power cuts at many moments', () => {
  test.each(Array.from({ length: 40 }, (_, n) => 1 + n * 7))(
    'F-DB02 after %d confirmed lines nothing of them is lost',
    (lines) => {
      const { found, lost } = cutPower('FULL', lines);
      expect(lost).toEqual([]);
      expect(found).toMatchObject({ sound: 'ok', warnings: [], violations: [] });
    },
  );
});
