import { describe, expect, test } from 'vitest';
import { cutOperation } from './crash/seeded/cut-stories.ts';
import { CUT_OPERATIONS } from './cut-operations.ts';
import { whyNoLoopDisk } from './root-tools.ts';

describe.skipIf(whyNoLoopDisk() !== null)(
  'F-DB02 a power cut after the first word of what',
  { timeout: 120_000 },
  () => {
    test.each(CUT_OPERATIONS)('F-DB02 %s', async (operation, place) => {
      expect(await cutOperation(operation, place, '1')(null)).toEqual([]);
    });
  },
);
