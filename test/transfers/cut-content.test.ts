import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from '../faults/root-tools.ts';
import { useS3 } from '../stores/use-s3.ts';
import { cutContent } from './cut-content.ts';

const server = useS3('versitygw');

/** Those that share what is prepared for them. */
const CACHE = ['fetch', 'evict', 'evict a folder'];
const PLACES = ['free', 'bring back', 'settle'];
const FOLDERS = ['free a folder', 'bring back a folder'];

describe.skipIf(whyNoLoopDisk() !== null)('the power is cut at a sample of points', { timeout: 600_000 }, () => {
  test('F-DB02 of what moves or removes content in the cache', async () => {
    expect(await cutContent(server(), CACHE, 2)).toEqual([]);
  });

  test('F-DB02 of what moves or removes content that is in a bucket', async () => {
    expect(await cutContent(server(), PLACES, 2)).toEqual([]);
  });

  test('F-DB02 of what moves or removes a folder that is in a bucket', async () => {
    expect(await cutContent(server(), FOLDERS, 3)).toEqual([]);
  });
});
