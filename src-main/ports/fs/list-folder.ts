/** One folder as it is on the disk, read synchronously: for the threads that walk. Nothing is ever opened or followed. */
import { lstatSync, readdirSync } from 'node:fs';
import { toErrorData, type ErrorData } from '../../../shared/errors.ts';
import { factsFromStats, type FileFacts } from './file-facts.ts';
import { fsError, isMissing } from './fs-error.ts';
import { joinRaw, rawFromBytes, rawToBytes, type RawPath } from './raw-path.ts';

export interface ListedFile {
  name: RawPath;
  facts: FileFacts;
}

export interface FolderContent {
  files: ListedFile[];
  /** Names of folders below, with the device and inode that tell a loop of mounts. */
  folders: { name: RawPath; id: string }[];
  /** Symbolic links, sockets, pipes and devices. */
  special: { name: RawPath; kind: 'symlink' | 'special' }[];
  /** Entries that could not be looked at; they are there all the same. */
  failed: { name: RawPath; error: ErrorData }[];
}

/**
 * Content of `folder` (absolute). `wanted` is asked before an entry is looked at; what it refuses is left out.
 * Null where the folder is gone; throws (BenchkeepError) where it can't be read.
 */
export function listFolder(folder: RawPath, wanted: (name: RawPath) => boolean): FolderContent | null {
  const content: FolderContent = { files: [], folders: [], special: [], failed: [] };
  let names: Buffer[];
  try {
    names = readdirSync(rawToBytes(folder), { encoding: 'buffer' });
  } catch (error) {
    if (isMissing(error)) return null;
    throw fsError(error, folder);
  }
  for (const bytes of names) {
    const name = rawFromBytes(bytes);
    if (!wanted(name)) continue;
    const path = joinRaw(folder, name);
    try {
      const facts = factsFromStats(lstatSync(rawToBytes(path), { bigint: true }));
      if (facts.kind === 'file') content.files.push({ name, facts });
      else if (facts.kind === 'folder') content.folders.push({ name, id: `${facts.dev}:${facts.ino}` });
      else content.special.push({ name, kind: facts.kind });
    } catch (error) {
      // Removed between the listing and the look: as if it had not been listed.
      if (!isMissing(error)) content.failed.push({ name, error: toErrorData(fsError(error, path)) });
    }
  }
  return content;
}
