/** Effects on whole folders of the data folder: only on what Benchkeep made there itself. */
import { constants } from 'node:fs';
import { access, chmod, copyFile, lstat, open, rename, rm } from 'node:fs/promises';
import { BenchkeepError } from '../../../shared/errors.ts';
import { effect } from '../failpoint.ts';
import { fsError, isMissing } from './fs-error.ts';
import { syncFolder } from './node-fs.ts';
import { joinRaw, rawToBytes, rawToDisplay, splitRaw, type RawPath } from './raw-path.ts';

/** Names of folders that are half-made or half-removed begin so. */
export const UNFINISHED_PREFIX = '.';

/** Within one folder, durable. Errors: `already_exists`. */
export async function renameOwnFolder(from: RawPath, to: RawPath): Promise<void> {
  if (await isThere(to)) throw fsError(Object.assign(new Error('EEXIST'), { code: 'EEXIST' }), to);
  try {
    await effect('fs.rename', () => rename(rawToBytes(from), rawToBytes(to)));
    await syncFolder(splitRaw(to).folder);
  } catch (error) {
    throw fsError(error, from);
  }
}

/** With all that is in it. Refuses any folder that is not marked as unfinished by its name. */
export async function removeUnfinishedFolder(folder: RawPath): Promise<void> {
  if (!splitRaw(folder).name.startsWith(UNFINISHED_PREFIX)) {
    throw new BenchkeepError('refused', `${rawToDisplay(folder)} is not an unfinished folder`, 'It was left as it is.');
  }
  try {
    await effect('fs.removeFolder', () => rm(rawToBytes(folder), { recursive: true, force: true }));
  } catch (error) {
    throw fsError(error, folder);
  }
}

/** Readable and writable for this user alone. */
export async function closeToOthers(file: RawPath): Promise<void> {
  await chmod(rawToBytes(file), 0o600).catch((error: unknown) => Promise.reject(fsError(error, file)));
}

/** What the file holds is on the disk when this is done. */
export async function syncOwnFile(file: RawPath): Promise<void> {
  try {
    const handle = await open(rawToBytes(file), 'r+');
    try {
      await effect('fs.syncFile', () => handle.sync());
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fsError(error, file);
  }
}

/** A copy for this user alone under a name that nothing has; synced. Its name is durable once its folder is synced. */
export async function copyOwnFile(from: RawPath, to: RawPath): Promise<void> {
  try {
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
    await effect('fs.copyTemp', () => copyFile(rawToBytes(from), rawToBytes(to), flags));
  } catch (error) {
    throw fsError(error, splitRaw(to).folder);
  }
  await closeToOthers(to);
  await syncOwnFile(to);
}

/** Bytes between two syncs: one long sync at the end would hold up those of whoever writes to the same disk. */
const FILL_STEP = 4 * 1024 * 1024;

/** A file of ours that nothing has the name of, filled from its beginning on; synced step by step, whole when it is done. */
export async function fillOwnFile(
  to: RawPath,
  mode: number,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    const file = await open(rawToBytes(to), 'wx', mode);
    try {
      let since = 0;
      await effect('fs.copyTemp', () =>
        fill(async (bytes) => {
          for (let done = 0; done < bytes.length;)
            done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
          since += bytes.length;
          if (since < FILL_STEP) return;
          since = 0;
          await file.datasync();
        }),
      );
      await effect('fs.syncFile', () => file.sync());
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fsError(error, to);
  }
}

/**
 * Gives a whole file of ours the name of another one of ours, which is gone then: at any time one of the two is there.
 * `isStill` is asked right before. False where it says no. Waits for nothing at once: the folder may be on a share that hangs.
 */
export async function replaceOwnFile(from: RawPath, to: RawPath, isStill: () => Promise<boolean>): Promise<boolean> {
  try {
    const done = await effect('fs.rename', async () => {
      if (!(await isStill())) return false;
      await rename(rawToBytes(from), rawToBytes(to));
      return true;
    });
    if (done) await syncFolder(splitRaw(to).folder);
    return done;
  } catch (error) {
    throw fsError(error, to);
  }
}

/** Copies the files that are there into `folder`, for reading only what can't be opened where it is. */
export async function copyForReading(files: readonly RawPath[], folder: RawPath): Promise<void> {
  for (const file of files) {
    try {
      const copy = joinRaw(folder, splitRaw(file).name);
      await effect('fs.copyTemp', () => copyFile(rawToBytes(file), rawToBytes(copy), constants.COPYFILE_FICLONE));
      await chmod(rawToBytes(copy), 0o600);
    } catch (error) {
      if (!isMissing(error)) throw fsError(error, file);
    }
  }
}

/** True where this user may write to the file as it is. */
export async function canWriteFile(file: RawPath): Promise<boolean> {
  return access(rawToBytes(file), constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function isThere(path: RawPath): Promise<boolean> {
  return lstat(rawToBytes(path)).then(
    () => true,
    (error: unknown) => (isMissing(error) ? false : Promise.reject(fsError(error, path))),
  );
}
