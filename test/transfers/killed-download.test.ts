import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killDownloads } from './kill-downloads.ts';

const server = useS3('versitygw');

test(
  'F-CA01 killed at a sample of points, fetching, evicting, freeing and bringing back lose nothing and are done when asked for again',
  { timeout: 600_000 },
  async () => {
    expect(await killDownloads(server(), 5)).toEqual([]);
  },
);
