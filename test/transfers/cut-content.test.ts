import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from '../faults/root-tools.ts';
import { useOutside } from '../stores/use-outside.ts';
import { CUT_STORIES } from './content-stories.ts';
import { cutContent } from './cut-content.ts';

/** The others are tried on the other store; the deep run tries all of them at every point of both. */
const FIRST = [
  'fetch',
  'evict',
  'evict a folder',
  'free',
  'bring back',
  'settle',
  'free a folder',
  'bring back a folder',
];
const MORE = CUT_STORIES.filter((name) => !FIRST.includes(name));

describe.skipIf(whyNoLoopDisk() !== null)('the power is cut at one point each', { timeout: 600_000 }, () => {
  describe('on S3', () => {
    const store = useOutside('s3');

    test('F-DB02 of what moves or removes content, or a folder, that is in a bucket', async () => {
      expect(await cutContent(store(), FIRST, 1)).toEqual([]);
    });
  });

  describe('on Google Cloud', () => {
    const store = useOutside('gs');

    test('F-DB02 of what moves or removes content in place', async () => {
      expect(await cutContent(store(), MORE, 1)).toEqual([]);
    });
  });
});
