import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { startS3 } from '../stores/start-s3.ts';

/** versitygw with its data in memory, where there is such a disk: servers keep them in the folder for temporary files. */
export async function startInMemory(): ReturnType<typeof startS3> {
  const own = env['TMPDIR'];
  if (existsSync('/dev/shm')) env['TMPDIR'] = '/dev/shm';
  try {
    return await startS3('versitygw');
  } finally {
    if (own === undefined) delete env['TMPDIR'];
    else env['TMPDIR'] = own;
  }
}
