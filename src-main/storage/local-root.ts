/** The folder of a local storage. */
import { BenchkeepError } from '../../shared/errors.ts';
import { joinRaw, rawFromBytes, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';

/** The folder in every managed root that is Benchkeep's (and LaminDB's) own; never watched. */
export const OWN_FOLDER = rawFromText('.lamindb');

/** Absolute. Errors: `not_supported` for a storage that is no folder. */
export function localRoot(storage: Pick<StorageRow, 'root' | 'root_path'>): RawPath {
  if (storage.root_path !== null) return rawFromBytes(storage.root_path);
  throw new BenchkeepError('not_supported', `${storage.root} is not a folder on a disk`, 'Choose a local storage.');
}

export function ownFolderOf(root: RawPath): RawPath {
  return joinRaw(root, OWN_FOLDER);
}
