import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killUploads } from './kill-uploads.ts';

const server = useS3('versitygw');

test(
  'F-UP18 killed at every point, an upload comes to its end when it is asked for again',
  { timeout: 3_600_000 },
  async () => {
    expect(await killUploads(server(), 1)).toEqual([]);
  },
);
