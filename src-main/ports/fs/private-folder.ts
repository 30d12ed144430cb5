/**
 * Folders and small files that only the person running the app may read (rule S-17). Synchronous, because Electron
 * must have its folder before its first event; a few calls at the start, none later.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { BenchkeepError } from '../../../shared/errors.ts';
import { failpoint } from '../failpoint.ts';
import { fsError } from './fs-error.ts';
import { rawFromText } from './raw-path.ts';

const posix = process.platform !== 'win32';

/**
 * Makes the folder (mode 0700) or takes over one that is there: refused if anyone could have put files into it, or if
 * it is somebody else's; a folder others can only read is closed to them. Windows keeps profiles private by itself.
 */
export function makePrivateFolder(folder: string): void {
  try {
    failpoint('fs.makeFolder.before');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new BenchkeepError(
      'io_error',
      `The folder ${folder} for Benchkeep's own data can't be made`,
      'Make it yourself, or set BENCHKEEP_HOME to a folder that you can write to.',
      { cause },
    );
  }
  failpoint('fs.makeFolder.after');
  if (posix) closeToOthers(folder);
}

function closeToOthers(folder: string): void {
  const stats = statSync(folder);
  if ((stats.mode & 0o002) !== 0) {
    throw new BenchkeepError(
      'refused',
      `Everybody on this computer can write to ${folder}, so it is not safe for Benchkeep's data`,
      `Look whether the files in it are yours, then run: chmod 700 ${folder}`,
    );
  }
  const own = process.getuid?.();
  if (own !== undefined && stats.uid !== own) {
    throw new BenchkeepError(
      'refused',
      `The folder ${folder} belongs to another user`,
      'Set BENCHKEEP_HOME to a folder of your own.',
    );
  }
  if ((stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

/** A new file of mode 0600; an existing one, or a link of that name, is never written to. */
export function writePrivateFile(path: string, text: string): void {
  try {
    failpoint('fs.writeTemp.before');
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw fsError(error, rawFromText(path));
  }
  failpoint('fs.writeTemp.after');
}

/** Removes a file that `writePrivateFile` made; one that is gone already is fine. */
export function removePrivateFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  try {
    failpoint('fs.unlink.before');
    unlinkSync(path);
  } catch (error) {
    throw fsError(error, rawFromText(path));
  }
  failpoint('fs.unlink.after');
}
