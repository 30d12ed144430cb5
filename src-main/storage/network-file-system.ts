/** Which file systems are reached over a network: their changes come without events, and SQLite must not live there. */
import { fileSystemOf } from '../ports/fs/file-system.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from './local-root.ts';

/** As Linux names them. `fuse.…` is a network only where it is listed: NTFS and exFAT disks come by fuse too. */
const NETWORK_TYPES: ReadonlySet<string> = new Set([
  '9p',
  'afs',
  'beegfs',
  'ceph',
  'cifs',
  'coda',
  'davfs',
  'fuse.davfs2',
  'fuse.ceph',
  'fuse.glusterfs',
  'fuse.gvfsd-fuse',
  'fuse.rclone',
  'fuse.s3fs',
  'fuse.sshfs',
  'glusterfs',
  'gpfs',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'smb2',
  'smb3',
  'smbfs',
  // Numbers of kinds where the system gives no names: NFS, SMB, SMB2, CIFS (statfs(2)).
  '6969',
  '517b',
  'fe534d42',
  'ff534d42',
]);

export function isNetworkType(type: string): boolean {
  return NETWORK_TYPES.has(type);
}

/** True for `//server/share`, and for folders on a file system of a network. */
export async function isNetworkRoot(storage: Pick<StorageRow, 'root' | 'root_path'>): Promise<boolean> {
  const root = localRoot(storage);
  if (root.startsWith('//')) return true;
  // Where it can't be told, the longer waiting of networks does no harm.
  return fileSystemOf(root).then(
    ({ type }) => isNetworkType(type),
    () => true,
  );
}
