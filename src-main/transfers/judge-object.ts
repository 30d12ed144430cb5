/** Is the object in the store the content that was sent? Only what the store itself computed, or its bytes, can tell. */
import { createHash } from 'node:crypto';
import type { ObjectFacts, ObjectStore, StoreChecksums } from '../storage/index.ts';

export interface ExpectedContent {
  size: number;
  sha256: string;
  /** What was computed of the same bytes while they were sent. */
  checksums: StoreChecksums;
}

const ALGORITHMS = ['sha256', 'crc32', 'crc32c', 'md5'] as const;
/** Bytes of one request when all is read back. */
const CHUNK = 8 * 1024 ** 2;

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
  return (await hashObject(store, facts, signal)) === sha256;
}

/** Of all its bytes, hex. Errors: `file_changed` where it is replaced meanwhile. */
export async function hashObject(
  store: ObjectStore,
  facts: ObjectFacts,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < facts.size; offset += CHUNK) {
    const bytes = await store.readRange(facts.key, offset, Math.min(CHUNK, facts.size - offset), { of: facts, signal });
    hash.update(bytes);
    onBytes(bytes.length);
  }
  return hash.digest('hex');
}
