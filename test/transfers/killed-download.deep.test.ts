import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killDownloads } from './kill-downloads.ts';

const server = useS3('versitygw');

test(
  'F-CA01 killed at every point, fetching, evicting, freeing and bringing back lose nothing and are done when asked for again',
  { timeout: 3_600_000 },
  async () => {
    expect(await killDownloads(server(), Number.MAX_SAFE_INTEGER)).toEqual([]);
  },
);
