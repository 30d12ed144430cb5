/**
 * The port through which every file effect goes (`faults.md`, R2). Verbs instead of calls: each does its effect
 * whole, synced to the disk, or leaves nothing behind. All errors are BenchkeepErrors (`fs-error.ts`).
 */
import type { FileFacts, FileKind } from './file-facts.ts';
import type { RawPath } from './raw-path.ts';

export interface FolderEntry {
  name: RawPath;
  kind: FileKind;
}

export interface FillRequest {
  target: RawPath;
  size: number;
  /** Null where nobody knows it yet. */
  sha256: string | null;
  /** For this user alone by default. */
  mode?: number;
  fill(write: (offset: number, bytes: Uint8Array) => Promise<void>): Promise<void>;
}

export interface CopyRequest {
  source: RawPath;
  target: RawPath;
  /** What was seen when the source was hashed: anything else fails with `file_changed`. */
  expected: FileFacts;
  /** Hex sha256 that the bytes must have. */
  sha256: string;
  onBytes?: (copied: number) => void;
  signal?: AbortSignal;
}

/** A file that is open for reading; whoever opened it closes it. */
export interface OpenFile {
  /** Fills `into` from `offset` on; fewer bytes only where the file ends. Resolves to their number. */
  read(into: Uint8Array, offset: number): Promise<number>;
  close(): Promise<void>;
}

export interface Fs {
  /** Null where nothing is there. Never follows a link in the last part. */
  look(path: RawPath): Promise<FileFacts | null>;
  /** The same, at once: for the last look before something is written. Waits as long as the disk takes. */
  lookNow(path: RawPath): FileFacts | null;
  /** Absolute, with links resolved. */
  realPath(path: RawPath): Promise<RawPath>;
  readFolder(path: RawPath): Promise<FolderEntry[]>;
  /** At most `length` bytes from `offset`; refuses links and anything but files. */
  readRange(path: RawPath, offset: number, length: number): Promise<Buffer>;
  /** For reading all of it, piece by piece; refuses what `readRange` refuses. */
  openFile(path: RawPath): Promise<OpenFile>;
  /** With its parents; what exists is fine. Synced. */
  makeFolder(path: RawPath, mode?: number): Promise<void>;
  /** Whole or not at all: temporary name, sync, rename over, sync of the folder. */
  writeTempFsyncRename(target: RawPath, bytes: Uint8Array, mode?: number): Promise<void>;
  /**
   * Copies a file beside its final name, compares checksum and source once more, syncs, then takes the final
   * name without replacing anything (`already_exists`). The source is only read.
   */
  copyFsyncMoveIn(request: CopyRequest): Promise<FileFacts>;
  /**
   * Makes a file of what `fill` writes, in any order; under its final name (nothing is replaced: `already_exists`) only
   * when all of it is there, synced, and its sha256 (hex) is the given one (`wrong_content` otherwise).
   */
  fillFsyncMoveIn(request: FillRequest): Promise<FileFacts>;
  /**
   * Writes into a file that is not whole yet, which is made where it is not there; its name must say that (`.part`). Not
   * durable before `syncPart`.
   */
  writePart(path: RawPath, offset: number, bytes: Uint8Array): Promise<void>;
  /** What was written into it is on the disk when this returns. */
  syncPart(path: RawPath): Promise<void>;
  /** Sets when a file of ours was last written to, to the microsecond; its facts are other ones then. */
  setModified(path: RawPath, mtimeNs: string): Promise<void>;
  /** Gives a whole folder of ours its final name; never over anything (`already_exists`). Same volume. Synced. */
  moveFolderIn(from: RawPath, to: RawPath): Promise<void>;
  /** Removes a folder that this program made for the time being: its name must begin with TEMPORARY_PREFIX. */
  removeTemporaryFolder(path: RawPath): Promise<void>;
  /** Removes a whole folder of copies that this program made, and that no record names. */
  removeOwnFolder(path: RawPath): Promise<void>;
  /** Removes a file that this program made (a marker, a temporary file); one that is not there is fine. */
  removeOwnFile(path: RawPath): Promise<void>;
  /**
   * Removes a file that a person asked to be removed, if it still is the one that was proven a moment ago
   * (`file_changed` otherwise); one that is not there is fine. Synced.
   */
  unlinkProven(path: RawPath, proven: FileFacts): Promise<void>;
  /**
   * Gives a file or folder that a person asked to be renamed its new name, never over anything (`already_exists`), if it
   * still is the one that was proven a moment ago (`file_changed`). Folders above are made. Same volume. Synced.
   */
  moveProven(from: RawPath, to: RawPath, proven: FileFacts): Promise<void>;
  /** Removes an empty folder that this program made; false where it is not empty or not there. */
  removeEmptyFolder(path: RawPath): Promise<boolean>;
  /** Bytes that may still be written there. */
  freeSpace(path: RawPath): Promise<number>;
}
