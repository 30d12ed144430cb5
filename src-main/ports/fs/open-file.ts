/** Opens a file for reading, and nothing else that may stand under its name: no link is followed, no device is waited for. */
import { constants } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { BenchkeepError } from '../../../shared/errors.ts';
import { fsError } from './fs-error.ts';
import type { OpenFile } from './fs.ts';
import { rawToBytes, rawToDisplay, type RawPath } from './raw-path.ts';

export const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export async function openFile(path: RawPath): Promise<OpenFile> {
  const file = await openOnlyFile(path);
  return {
    async read(into, offset) {
      try {
        let filled = 0;
        while (filled < into.length) {
          const { bytesRead } = await file.read(into, filled, into.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled;
      } catch (error) {
        throw fsError(error, path);
      }
    },
    close: () => file.close(),
  };
}

async function openOnlyFile(path: RawPath): Promise<fsp.FileHandle> {
  let file: fsp.FileHandle | null = null;
  try {
    file = await fsp.open(rawToBytes(path), READ_ONLY);
    if ((await file.stat()).isFile()) return file;
    throw new BenchkeepError('not_a_file', `${rawToDisplay(path)} is not a file`, 'Choose a file.');
  } catch (error) {
    await file?.close();
    throw fsError(error, path);
  }
}
