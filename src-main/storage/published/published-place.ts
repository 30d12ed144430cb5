/**
 * Where the registry of an instance is published: beside the content of its default storage, in a folder or a bucket.
 * What is replaced there is replaced on a condition: a tag that was read is still the one that is there.
 */
import type { RawPath } from '../../ports/fs/raw-path.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { StoreChecksums } from '../objects/object-store.ts';
import type { PlaceState } from './place-state.ts';

/** A proven copy of a registry on this computer, on its way out. */
export interface SnapshotFile {
  path: RawPath;
  size: number;
  /** Hex, of all bytes. */
  checksums: Required<Pick<StoreChecksums, 'crc32' | 'md5' | 'sha256'>>;
}

export interface Call {
  signal?: AbortSignal | undefined;
}

export interface PublishedPlace {
  /** As people see it. */
  readonly root: string;
  /** Null where there is none yet. Errors: `offline`, `storage_managed_elsewhere`, `newer_version`, those of the store. */
  readState(options?: Call): Promise<{ state: PlaceState; tag: string } | null>;
  /** Its tag. `over`: what it takes the place of, null for nothing. Errors: `already_exists` where that is not there. */
  writeState(state: PlaceState, over: string | null, options?: Call): Promise<string>;
  /** Ms since the record was last written, all by the clock of the place; null where it can't be told. */
  ageOfState(options?: Call): Promise<number | null>;
  /** Tag of the snapshot that is there; null for none. */
  lookAtSnapshot(options?: Call): Promise<{ tag: string; size: number } | null>;
  /** Its tag, once all of it is there and proven. `over` and errors as with `writeState`. */
  replaceSnapshot(file: SnapshotFile, over: string | null, options?: Call): Promise<string>;
  /** Copies the snapshot of that tag into a new file. Errors: `file_changed` where it is another one by now. */
  fetchSnapshot(tag: string, target: RawPath, options?: Call): Promise<void>;
  /** Beside the snapshot, under a name of its own, which is answered. Errors: `already_exists`. */
  putBeside(file: SnapshotFile, name: string, options?: Call): Promise<string>;
  removeSnapshot(options?: Call): Promise<void>;
  /** Snapshot and record, whatever they are. What was put beside stays: answered, one a line. */
  remove(options?: Call): Promise<string[]>;
}

/** Below `.lamindb/`. */
export const SNAPSHOT_NAME = 'benchkeep.db';
export const LEASE_FOLDER = '_exclusion';
export const BESIDE_FOLDER = 'published';

/** The place is there, and not that instance's. */
export function placeOfAnother(root: string, whose: string): BenchkeepError {
  return new BenchkeepError(
    'storage_managed_elsewhere',
    `${root} is managed by ${whose}`,
    'Nothing was written there. Look whether it is still the right place.',
  );
}

export function someoneFaster(root: string): BenchkeepError {
  return new BenchkeepError(
    'already_exists',
    `The published registry in ${root} was replaced by another computer`,
    'Nothing was overwritten. It is looked at again.',
    { retry: true },
  );
}

export function unreadableState(root: string): BenchkeepError {
  return new BenchkeepError(
    'newer_version',
    `What is published in ${root} was written by a newer Benchkeep, or is damaged`,
    'It was left as it is. Install the newest Benchkeep; if that does not help, remove .lamindb/_exclusion there.',
  );
}
