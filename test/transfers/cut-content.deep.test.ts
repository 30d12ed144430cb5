import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from '../faults/root-tools.ts';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { CUT_STORIES } from './content-stories.ts';
import { cutContent } from './cut-content.ts';

describe.skipIf(whyNoLoopDisk() !== null)('the power is cut at every point', { timeout: 3_600_000 }, () => {
  describe.each(STORE_KINDS)('on %s', (_, kind) => {
    const store = useOutside(kind);

    test.each(CUT_STORIES)('F-DB02 of what moves or removes content that is in a bucket: %s', async (story) => {
      expect(await cutContent(store(), [story], Number.MAX_SAFE_INTEGER)).toEqual([]);
    });
  });
});
