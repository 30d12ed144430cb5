import { expect, test } from 'vitest';
import { useS3 } from '../stores/use-s3.ts';
import { killFolders } from './kill-folders.ts';

const server = useS3('versitygw');

test.each(['upload', 'save'] as const)(
  'F-UP18 killed at many points, the %s of a folder comes to its end when it is asked for again',
  { timeout: 3_600_000 },
  async (how) => {
    expect(await killFolders(server(), how, 60)).toEqual([]);
  },
);
