/**
 * Is the folder at a root's path the one that was registered (`faults.md`, R5)? Managed: by its marker. Linked: by
 * the file system's uuid, by the folder's own inode and time of birth, and where neither is told by known files. A device number alone tells nothing after a replug.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { wait } from '../ports/clock.ts';
import { fileSystemOf, folderBirth } from '../ports/fs/file-system.ts';
import { fsError } from '../ports/fs/fs-error.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { hasKnownFiles } from './known-files.ts';
import { localRoot } from './local-root.ts';
import { readMarker } from './marker.ts';
import { rememberedIdentity } from './remember-root.ts';
import type { StorageContext } from './storage-context.ts';

export type RootState = { attached: true } | { attached: false; reason: string };
export type RootContext = Pick<StorageContext, 'workstation' | 'workstationUid' | 'fs' | 'clock'>;

/** A share that doesn't answer in this time (ms) counts as not connected. */
const PATIENCE = 10_000;

/** Looks at the disk. Only a root that is attached may be scanned, written, or have anything marked missing. */
export async function checkRoot(context: RootContext, storage: StorageRow): Promise<RootState> {
  if (storage.workstation_uid !== context.workstationUid) {
    return {
      attached: false,
      reason: `The folder ${storage.root} is on another computer. Its files can be read there.`,
    };
  }
  const given = new AbortController();
  const tooLong = wait(context.clock, PATIENCE, given.signal).then((): RootState => ({
    attached: false,
    reason: notAnswering(storage),
  }));
  try {
    return await Promise.race([lookAtDisk(context, storage), tooLong]);
  } finally {
    given.abort();
  }
}

async function lookAtDisk(context: RootContext, storage: StorageRow): Promise<RootState> {
  const root = localRoot(storage);
  try {
    const facts = await context.fs.look(root);
    if (facts?.kind !== 'folder') return gone(storage);
    if (storage.managed === 1) {
      const marker = await readMarker(context.fs, root);
      return marker?.uid === storage.uid ? { attached: true } : gone(storage);
    }
    return (await isSameFolder(context, storage, root)) ? { attached: true } : gone(storage);
  } catch (error) {
    const cause = error instanceof BenchkeepError ? error : fsError(error, root);
    if (cause.code === 'internal') throw cause;
    return cause.code === 'file_unreadable' ? { attached: false, reason: notReadable(storage) } : gone(storage);
  }
}

async function isSameFolder(context: RootContext, storage: StorageRow, root: RawPath): Promise<boolean> {
  const remembered = await rememberedIdentity(context, storage.uid);
  // Never seen before: the first look is what it is known by.
  if (remembered === null) return true;
  const { type, uuid } = await fileSystemOf(root);
  if (remembered.fsUuid !== null && remembered.fsUuid !== uuid) return false;
  if (remembered.fsUuid === null && remembered.fsType !== type) return false;
  const sameFolder = typeof remembered.birth === 'string' && remembered.birth === (await folderBirth(root));
  return hasKnownFiles(context, storage.uid, root, remembered.fsUuid !== null || sameFolder);
}

/** What people call it: its description, else the name of the folder. */
function nameOf(storage: StorageRow): string {
  return storage.description ?? storage.root.slice(storage.root.lastIndexOf('/') + 1);
}

function gone(storage: StorageRow): RootState {
  const reason = `The drive '${nameOf(storage)}' is not connected. Nothing has been deleted. We will look again when it is back.`;
  return { attached: false, reason };
}

function notAnswering(storage: StorageRow): string {
  return `The drive '${nameOf(storage)}' does not answer. Nothing has been deleted. We will look again when it is back.`;
}

function notReadable(storage: StorageRow): string {
  return `The folder '${nameOf(storage)}' may not be read by you. Nothing has been deleted. Ask whoever owns it for access.`;
}
