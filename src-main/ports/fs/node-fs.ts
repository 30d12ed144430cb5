/** The real file system behind the `Fs` port. */
import { constants, lstatSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../../shared/errors.ts';
import { effect } from '../failpoint.ts';
import type { Random } from '../random.ts';
import { factsFromStats, isOneFile, sameFacts, type FileFacts } from './file-facts.ts';
import type { CopyRequest, Fs } from './fs.ts';
import { errnoOf, fsError, isMissing } from './fs-error.ts';
import { isListed } from './is-listed.ts';
import { openFile, READ_ONLY } from './open-file.ts';
import { partVerbs } from './part-verbs.ts';
import { joinRaw, rawFromBytes, rawToBytes, rawToDisplay, splitRaw, type RawPath } from './raw-path.ts';

const COPY_CHUNK = 1024 * 1024;

/** Names of files on their way to a final name; nobody else's files begin like this. */
export const TEMPORARY_PREFIX = '.benchkeep-';

/** `random` makes temporary names. */
export function nodeFs(random: Random): Fs {
  const temporaryBeside = (target: RawPath): RawPath => {
    const name = `${TEMPORARY_PREFIX}${Buffer.from(random(9)).toString('hex')}.tmp` as RawPath;
    return joinRaw(splitRaw(target).folder, name);
  };

  const readFolder: Fs['readFolder'] = (path) =>
    about(path, async () => {
      const entries = await fsp.readdir(rawToBytes(path), { encoding: 'buffer', withFileTypes: true });
      return entries.map((entry) => ({
        name: rawFromBytes(entry.name),
        kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'symlink' : 'special',
      }));
    });

  return {
    async look(path) {
      try {
        return factsFromStats(await fsp.lstat(rawToBytes(path), { bigint: true }));
      } catch (error) {
        if (isMissing(error)) return null;
        throw fsError(error, path);
      }
    },
    lookNow(path) {
      try {
        return factsFromStats(lstatSync(rawToBytes(path), { bigint: true }));
      } catch (error) {
        if (isMissing(error)) return null;
        throw fsError(error, path);
      }
    },
    realPath: (path) =>
      about(path, async () => rawFromBytes(await fsp.realpath(rawToBytes(path), { encoding: 'buffer' }))),
    readFolder,
    async readRange(path, offset, length) {
      const file = await openFile(path);
      try {
        const bytes = Buffer.alloc(length);
        return bytes.subarray(0, await file.read(bytes, offset));
      } finally {
        await file.close();
      }
    },
    openFile,
    makeFolder: (path, mode = 0o777) =>
      about(path, () =>
        effect('fs.makeFolder', async () => {
          const first = await fsp.mkdir(rawToBytes(path), { recursive: true, mode });
          if (first !== undefined) await syncFolder(splitRaw(path).folder);
        }),
      ),
    writeTempFsyncRename: (target, bytes, mode = 0o600) =>
      about(target, async () => {
        const temporary = temporaryBeside(target);
        try {
          const file = await fsp.open(rawToBytes(temporary), 'wx', mode);
          try {
            await effect('fs.writeTemp', () => file.writeFile(bytes));
            await effect('fs.syncFile', () => file.sync());
          } finally {
            await file.close();
          }
          await effect('fs.rename', () => fsp.rename(rawToBytes(temporary), rawToBytes(target)));
          await syncFolder(splitRaw(target).folder);
        } catch (error) {
          await removeIfThere(temporary);
          throw error;
        }
      }),
    async copyFsyncMoveIn(request) {
      const temporary = temporaryBeside(request.target);
      try {
        await copyContent(request, temporary);
        // link + unlink instead of rename: it never replaces what took the final name meanwhile.
        await effect('fs.link', () => linkNoReplace(temporary, request.target));
        await effect('fs.unlink', () => removeIfThere(temporary));
        await syncFolder(splitRaw(request.target).folder);
        return factsFromStats(await fsp.lstat(rawToBytes(request.target), { bigint: true }));
      } catch (error) {
        await removeIfThere(temporary);
        const ofTarget = ['EEXIST', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'].includes(errnoOf(error) ?? '');
        throw fsError(error, ofTarget ? splitTarget(request.target, error) : request.source);
      }
    },
    async fillFsyncMoveIn({ target, size, sha256, mode = 0o600, fill }) {
      const temporary = temporaryBeside(target);
      try {
        const file = await fsp.open(rawToBytes(temporary), 'wx+', mode);
        try {
          await effect('fs.copyTemp', () =>
            fill(async (offset, bytes) => {
              for (let done = 0; done < bytes.length;)
                done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
            }),
          );
          if ((sha256 !== null && (await digestOf(file)) !== sha256) || (await file.stat()).size !== size)
            throw wrongContent(target);
          await effect('fs.syncFile', () => file.sync());
        } finally {
          await file.close();
        }
        await effect('fs.link', () => linkNoReplace(temporary, target));
        await effect('fs.unlink', () => removeIfThere(temporary));
        await syncFolder(splitRaw(target).folder);
        return factsFromStats(await fsp.lstat(rawToBytes(target), { bigint: true }));
      } catch (error) {
        await removeIfThere(temporary);
        throw fsError(error, target);
      }
    },
    ...partVerbs,
    moveFolderIn: (from, to) =>
      about(to, async () => {
        if ((await lookOrNull(to)) !== null) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
        await effect('fs.rename', () => fsp.rename(rawToBytes(from), rawToBytes(to)));
        await syncFolder(splitRaw(to).folder);
      }),
    removeOwnFolder: (path) =>
      about(path, async () => {
        // A crash in the middle must not leave half a folder under its final name.
        const temporary = temporaryBeside(path);
        if ((await lookOrNull(path)) === null) return;
        await effect('fs.rename', () => fsp.rename(rawToBytes(path), rawToBytes(temporary)));
        await syncFolder(splitRaw(path).folder);
        await effect('fs.removeFolder', () => fsp.rm(rawToBytes(temporary), { recursive: true, force: true }));
      }),
    removeTemporaryFolder: (path) =>
      about(path, async () => {
        if (!splitRaw(path).name.startsWith(TEMPORARY_PREFIX)) {
          throw new BenchkeepError(
            'refused',
            `${rawToDisplay(path)} is not a temporary folder`,
            'Nothing was removed.',
          );
        }
        await effect('fs.removeFolder', () => fsp.rm(rawToBytes(path), { recursive: true, force: true }));
      }),
    removeOwnFile: (path) => about(path, () => effect('fs.unlink', () => removeIfThere(path))),
    moveProven: (from, to, proven) =>
      about(to, async () => {
        const now = await lookOrNull(from);
        if (now === null || !sameFacts(now, proven)) throw changedMeanwhile(from);
        const there = await lookOrNull(to);
        // The same entry by another name, where a disk ignores case: it is renamed, and has one name at any time.
        const isAlias = isOneFile(now, there) && !(await isListed({ readFolder }, to));
        if (there !== null && !isAlias) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
        await fsp.mkdir(rawToBytes(splitRaw(to).folder), { recursive: true });
        if (now.kind === 'folder' || isAlias)
          await effect('fs.rename', () => fsp.rename(rawToBytes(from), rawToBytes(to)));
        else {
          await effect('fs.link', () => linkNoReplace(from, to));
          try {
            await effect('fs.unlink', () => removeIfThere(from));
          } catch (error) {
            // Not with two names: what may not leave its folder stays under the one it had.
            if (isOneFile(await lookOrNull(from), await lookOrNull(to))) await removeIfThere(to);
            throw error;
          }
        }
        await syncFolder(splitRaw(to).folder);
        await syncFolder(splitRaw(from).folder);
      }),
    unlinkProven: (path, proven) =>
      about(path, async () => {
        const now = await lookOrNull(path);
        if (now === null) return;
        if (!sameFacts(now, proven)) throw changedMeanwhile(path);
        await effect('fs.unlink', () => removeIfThere(path));
        await syncFolder(splitRaw(path).folder);
      }),
    async removeEmptyFolder(path) {
      try {
        await effect('fs.removeFolder', () => fsp.rmdir(rawToBytes(path)));
        return true;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || isMissing(error)) return false;
        throw fsError(error, path);
      }
    },
    freeSpace: (path) =>
      about(path, async () => {
        const volume = await fsp.statfs(rawToBytes(path), { bigint: true });
        return Number(volume.bavail * volume.bsize);
      }),
  };
}

/** What is in the way is the file itself, what is full or read-only its folder. */
function splitTarget(target: RawPath, error: unknown): RawPath {
  return errnoOf(error) === 'EEXIST' ? target : splitRaw(target).folder;
}

async function lookOrNull(path: RawPath): Promise<FileFacts | null> {
  try {
    return factsFromStats(await fsp.lstat(rawToBytes(path), { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function about<T>(path: RawPath, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fsError(error, path);
  }
}

async function copyContent(request: CopyRequest, temporary: RawPath): Promise<void> {
  const source = await fsp.open(rawToBytes(request.source), READ_ONLY);
  try {
    await checkUnchanged(source, request);
    const target = await fsp.open(rawToBytes(temporary), 'wx', 0o666);
    try {
      const digest = await effect('fs.copyTemp', () => pump(source, target, request));
      await checkUnchanged(source, request);
      if (digest !== request.sha256) throw changed(request.source);
      await effect('fs.syncFile', () => target.sync());
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function pump(source: fsp.FileHandle, target: fsp.FileHandle, request: CopyRequest): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(COPY_CHUNK, Math.max(1, request.expected.size)));
  let copied = 0;
  for (;;) {
    request.signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, buffer.length, copied);
    if (bytesRead === 0) return hash.digest('hex');
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    let written = 0;
    while (written < bytesRead) written += (await target.write(chunk, written)).bytesWritten;
    copied += bytesRead;
    request.onBytes?.(copied);
  }
}

async function digestOf(file: fsp.FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(COPY_CHUNK);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function wrongContent(path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'wrong_content',
    `What came for ${rawToDisplay(path)} is not the content that was registered`,
    'It was thrown away. Try again; if it stays, the copy in the store is damaged.',
    { retry: true },
  );
}

async function checkUnchanged(source: fsp.FileHandle, { source: path, expected }: CopyRequest): Promise<void> {
  const facts: FileFacts = factsFromStats(await source.stat({ bigint: true }));
  if (!sameFacts(facts, expected)) throw changed(path);
}

function changed(path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed while it was read`,
    'Wait until the program that writes it is done, then try again.',
    { retry: true },
  );
}

function changedMeanwhile(path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed meanwhile`,
    'It was left as it is. Look at it, then try again.',
  );
}

async function linkNoReplace(from: RawPath, to: RawPath): Promise<void> {
  try {
    await fsp.link(rawToBytes(from), rawToBytes(to));
  } catch (error) {
    // File systems without hard links (FAT, some shares): the name is looked at right before the rename.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    const there = await fsp.lstat(rawToBytes(to)).then(
      () => true,
      (e: unknown) => {
        if (isMissing(e)) return false;
        throw e;
      },
    );
    if (there) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    await fsp.rename(rawToBytes(from), rawToBytes(to));
  }
}

async function removeIfThere(path: RawPath): Promise<void> {
  try {
    await fsp.unlink(rawToBytes(path));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** A rename is durable only once its folder is synced; Windows has no such call. */
export async function syncFolder(folder: RawPath): Promise<void> {
  if (process.platform === 'win32') return;
  await effect('fs.syncFolder', async () => {
    const handle = await fsp.open(rawToBytes(folder === '' ? ('.' as RawPath) : folder), constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}
