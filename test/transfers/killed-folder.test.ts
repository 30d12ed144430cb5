import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killFolders } from './kill-folders.ts';

const server = useS3('versitygw');

test.each(['upload', 'save'] as const)(
  'F-UP18 killed at a sample of points, the %s of a folder comes to its end when it is asked for again',
  { timeout: 400_000 },
  async (how) => {
    expect(await killFolders(server(), how, 5)).toEqual([]);
  },
);
