/** Verbs of the `Fs` port for files that are not whole yet, or have no final name yet. */
import { constants } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { BenchkeepError } from '../../../shared/errors.ts';
import { effect } from '../failpoint.ts';
import type { Fs } from './fs.ts';
import { fsError } from './fs-error.ts';
import { rawToBytes, rawToDisplay, splitRaw, type RawPath } from './raw-path.ts';

/** Ending of files of which not all has come yet. */
export const PART_ENDING = '.part';

export const partVerbs: Pick<Fs, 'writePart' | 'syncPart' | 'setModified'> = {
  writePart: (path, offset, bytes) =>
    about(path, async () => {
      if (!splitRaw(path).name.endsWith(PART_ENDING)) throw notAPart(path);
      const file = await fsp.open(rawToBytes(path), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
      try {
        await effect('fs.writePart', async () => {
          for (let done = 0; done < bytes.length;)
            done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
        });
      } finally {
        await file.close();
      }
    }),
  syncPart: (path) =>
    about(path, async () => {
      const file = await fsp.open(rawToBytes(path), constants.O_RDWR | constants.O_NOFOLLOW);
      try {
        await effect('fs.syncFile', () => file.sync());
      } finally {
        await file.close();
      }
    }),
  setModified: (path, mtimeNs) =>
    about(path, () => {
      const seconds = Number(BigInt(mtimeNs) / 1000n) / 1e6;
      return effect('fs.setModified', () => fsp.utimes(rawToBytes(path), seconds, seconds));
    }),
};

function notAPart(path: RawPath): BenchkeepError {
  return new BenchkeepError('refused', `${rawToDisplay(path)} is not a file on its way`, 'Nothing was written.');
}

async function about<T>(path: RawPath, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fsError(error, path);
  }
}
