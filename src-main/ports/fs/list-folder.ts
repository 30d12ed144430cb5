/** Folders and files as they are on the disk, read synchronously: for the threads that walk. Nothing is ever opened or followed. */
import { lstatSync, readdirSync } from 'node:fs';
import { factsFromStats, type FileFacts } from './file-facts.ts';
import { fsError, isMissing } from './fs-error.ts';
import { rawToBytes, type RawPath } from './raw-path.ts';

/** Names in `folder` (absolute) in the order of their bytes; null where it is gone. Errors: it can't be read. */
export function namesInFolder(folder: RawPath): RawPath[] | null {
  try {
    // Latin-1 is what raw paths are: one character a byte, whatever the name.
    return (readdirSync(rawToBytes(folder), { encoding: 'latin1' }) as RawPath[]).sort(byBytes);
  } catch (error) {
    if (isMissing(error)) return null;
    throw fsError(error, folder);
  }
}

/** Null where nothing is. Errors: it can't be looked at, though something may be there. */
export function lookAt(path: RawPath): FileFacts | null {
  try {
    return factsFromStats(lstatSync(rawToBytes(path), { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return null;
    throw fsError(error, path);
  }
}

/** The order in which SQLite keeps BLOBs. */
function byBytes(a: RawPath, b: RawPath): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
