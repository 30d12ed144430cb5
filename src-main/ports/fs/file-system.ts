/** What the system tells of the file system under a path: which one it is, of what kind, whether it can be written. */
import { constants } from 'node:fs';
import { access, readdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { isMissing } from './fs-error.ts';
import { rawFromText, rawToBytes, relativeRaw, type RawPath } from './raw-path.ts';

export interface FileSystem {
  /** As the system names it (`ext4`, `nfs4`, `cifs`); elsewhere than on Linux the hex number of its kind. */
  type: string;
  /** Unique to the volume and kept when it is plugged in again; null where the system tells none. */
  uuid: string | null;
}

/** One line of `/proc/self/mountinfo` (proc(5)). */
export interface Mount {
  point: RawPath;
  type: string;
  source: string;
}

const UUIDS = '/dev/disk/by-uuid';

/** `path` is absolute with links resolved. Throws what the system says where it can't be reached. */
export async function fileSystemOf(path: RawPath): Promise<FileSystem> {
  if (process.platform === 'linux') {
    const mount = mountOf(parseMounts(await readFile('/proc/self/mountinfo', 'latin1')), path);
    if (mount !== null) return { type: mount.type, uuid: await uuidOf(mount.source) };
  }
  const type = (await statfs(rawToBytes(path))).type.toString(16);
  // On Windows the device number is the serial number of the volume.
  const uuid = process.platform === 'win32' ? String((await stat(rawToBytes(path), { bigint: true })).dev) : null;
  return { type, uuid };
}

/**
 * Inode and time of birth (ns) of a folder: on one kind of file system no two have both alike. Null where the system
 * keeps no such time finely enough to tell. Throws what the system says where it can't be reached.
 */
export async function folderBirth(path: RawPath): Promise<string | null> {
  const { ino, birthtimeNs } = await stat(rawToBytes(path), { bigint: true });
  return birthtimeNs % 1_000_000_000n === 0n ? null : `${String(ino)} ${String(birthtimeNs)}`;
}

/** True where this user may make files in the folder. */
export async function canWrite(folder: RawPath): Promise<boolean> {
  return access(rawToBytes(folder), constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const words = line.split(' ');
    const dash = words.indexOf('-', 6);
    const [point, type, source] = [words[4], words[dash + 1], words[dash + 2]];
    if (dash < 0 || point === undefined || type === undefined || source === undefined) return [];
    return [{ point: unescape(point) as RawPath, type, source: unescape(source) }];
  });
}

/** The mount that holds `path`: the deepest, and of several at one place the last, which covers the others. */
export function mountOf(mounts: readonly Mount[], path: RawPath): Mount | null {
  let deepest: Mount | null = null;
  for (const mount of mounts) {
    if (relativeRaw(mount.point, path) === null) continue;
    if (deepest === null || mount.point.length >= deepest.point.length) deepest = mount;
  }
  return deepest;
}

/** Space, tab, line feed and backslash stand as octal numbers there. */
function unescape(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

async function uuidOf(source: string): Promise<string | null> {
  if (!source.startsWith('/dev/')) return null;
  try {
    const device = await realpath(rawToBytes(rawFromText(source)));
    for (const uuid of await readdir(UUIDS)) {
      if ((await realpath(`${UUIDS}/${uuid}`)) === device) return uuid;
    }
    return null;
  } catch (error) {
    // Containers and small systems keep no such list.
    if (isMissing(error)) return null;
    throw error;
  }
}
