import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from '../faults/root-tools.ts';
import { useOutside } from '../stores/use-outside.ts';
import { CUT_STORIES } from './content-stories.ts';
import { cutContent } from './cut-content.ts';

/** Those that share what is prepared for them. */
const CACHE = ['fetch', 'evict', 'evict a folder'];
const PLACES = ['free', 'bring back', 'settle'];
const FOLDERS = ['free a folder', 'bring back a folder'];
const MORE = CUT_STORIES.filter((name) => ![...CACHE, ...PLACES, ...FOLDERS].includes(name));

describe.skipIf(whyNoLoopDisk() !== null)('the power is cut at a sample of points', { timeout: 600_000 }, () => {
  describe('on S3', () => {
    const store = useOutside('s3');

    test('F-DB02 of what moves or removes content in the cache', async () => {
      expect(await cutContent(store(), CACHE, 2)).toEqual([]);
    });

    test('F-DB02 of what moves or removes content that is in a bucket', async () => {
      expect(await cutContent(store(), PLACES, 2)).toEqual([]);
    });

    test('F-DB02 of what moves or removes a folder that is in a bucket', async () => {
      expect(await cutContent(store(), FOLDERS, 3)).toEqual([]);
    });
  });

  describe('on Google Cloud', () => {
    const store = useOutside('gs');

    test('F-DB02 of what moves or removes content in place', async () => {
      expect(await cutContent(store(), MORE, 1)).toEqual([]);
    });
  });
});
