/** Which file system a path is on, where the platform tells (Linux: mountinfo, proc_pid_mountinfo(5)). */
import * as fsp from 'node:fs/promises';
import { basename } from 'node:path';

export interface Mount {
  /** Absolute. */
  mountPoint: string;
  /** For example `ext4`, `cifs`, `fuse.sshfs`. */
  type: string;
  /** Device or share. */
  source: string;
  /** The file system's own uuid, null where it has none (network shares, memory). */
  uuid: string | null;
  readonly: boolean;
}

const NETWORK_TYPES = /^(nfs4?|cifs|smb3?|smbfs|afs|9p|ceph|glusterfs|davfs|ncpfs|lustre|fuse\.(sshfs|rclone|davfs2?|glusterfs|s3fs|gcsfuse|mount-s3|vmhgfs-fuse))$/;

export function isNetworkType(type: string): boolean {
  return NETWORK_TYPES.test(type);
}

/** Null where the platform doesn't tell. `path` absolute, links resolved. */
export async function mountOf(path: string): Promise<Mount | null> {
  if (process.platform !== 'linux') return null;
  const mounts = parseMountinfo(await fsp.readFile('/proc/self/mountinfo', 'utf8'));
  let found: Omit<Mount, 'uuid'> | null = null;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const inside = path === mountPoint || mountPoint === '/' || path.startsWith(`${mountPoint}/`);
    // Of equal mount points the later one covers the earlier.
    if (inside && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found === null ? null : { ...found, uuid: await uuidOf(found.source) };
}

/** Mounts in the order of the kernel. */
export function parseMountinfo(text: string): Omit<Mount, 'uuid'>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const fields = left.split(' ');
      const [type = '', source = ''] = right.split(' ');
      return {
        mountPoint: unescapeOctal(fields[4] ?? ''),
        type,
        source: unescapeOctal(source),
        readonly: (fields[5] ?? '').split(',').includes('ro'),
      };
    });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

const BY_UUID = '/dev/disk/by-uuid';

async function uuidOf(source: string): Promise<string | null> {
  if (!source.startsWith('/dev/')) return null;
  try {
    const device = basename(await fsp.realpath(source));
    for (const uuid of await fsp.readdir(BY_UUID)) {
      if (basename(await fsp.readlink(`${BY_UUID}/${uuid}`)) === device) return uuid;
    }
  } catch {
    // No such folder (containers, no udev): known files tell instead.
  }
  return null;
}
