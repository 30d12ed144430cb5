import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killPublishing } from './kill-publishing.ts';

const server = useS3('versitygw');

test(
  'killed at a sample of points, two computers and one bucket take turns and lose nothing',
  { timeout: 300_000 },
  async () => {
    const given = `s3://${server().bucket}/turns?endpoint_url=${server().endpoint}`;
    expect(await killPublishing(given, { ...server().env }, 13)).toBeGreaterThan(3);
  },
);
