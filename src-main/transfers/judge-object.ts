/** Is the object in the store the content that was sent? Only what the store itself computed, or its bytes, can tell. */
import type { Fs } from '../ports/fs/fs.ts';
import { readObject, type ObjectFacts, type ObjectStore, type StoreChecksums } from '../storage/index.ts';
import { readChecksums } from './read-parts.ts';
import type { UploadSource } from './transfer-context.ts';

export interface ExpectedContent {
  size: number;
  sha256: string;
  /** What was computed of the same bytes while they were sent. */
  checksums: StoreChecksums;
}

const ALGORITHMS = ['sha256', 'crc32', 'crc32c', 'md5'] as const;

/** True where it is; reads all of it back where the store made no checksum that can be compared. */
export async function isContent(
  store: ObjectStore,
  facts: ObjectFacts,
  { size, sha256, checksums }: ExpectedContent,
  signal: AbortSignal,
): Promise<boolean> {
  if (facts.size !== size) return false;
  const expected: StoreChecksums = { ...checksums, sha256 };
  const common = ALGORITHMS.filter((name) => facts.checksums[name] !== undefined && expected[name] !== undefined);
  if (common.length > 0) return common.every((name) => facts.checksums[name] === expected[name]);
  return (await readObject(store, facts, { signal, onBytes: () => undefined })).sha256 === sha256;
}

/**
 * Are the bytes of a file those that the store computed its checksums of? True where it made none. Errors: `file_changed`
 * and `file_not_found` of the file, and that of `signal`.
 */
export async function isAsStored(
  fs: Fs,
  { checksums }: ObjectFacts,
  local: UploadSource,
  signal: AbortSignal,
): Promise<boolean> {
  const { sha256, crc32, md5 } = checksums;
  if (sha256 !== undefined) return sha256 === local.sha256;
  if (crc32 === undefined && md5 === undefined) return true;
  const read = await readChecksums(fs, local, { md5: crc32 === undefined, signal });
  return crc32 === undefined ? read.md5 === md5 : read.crc32 === crc32;
}
