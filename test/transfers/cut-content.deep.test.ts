import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from '../faults/root-tools.ts';
import { useS3 } from '../stores/use-s3.ts';
import { cutContent } from './cut-content.ts';
import { STORIES } from './cut-stories.ts';

const server = useS3('versitygw');

describe.skipIf(whyNoLoopDisk() !== null)('the power is cut at every point', { timeout: 3_600_000 }, () => {
  test.each(Object.keys(STORIES))('F-DB02 of what moves or removes content that is in a bucket: %s', async (story) => {
    expect(await cutContent(server(), [story], Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});
