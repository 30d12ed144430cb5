/** LaminDB's hashes as far as they need no reading: encoding, limits, and what is hashed of a folder or collection. */
import { BenchkeepError } from './errors.ts';

/** Up to this size (bytes, inclusive) the whole content is hashed with MD5; above, head and tail with SHA-1. */
export const FAST_HASH_LIMIT = 50 * 1024 * 1024;
/** Bytes of the head, and of the tail, of a larger file. They may overlap. */
export const FAST_HASH_PART = FAST_HASH_LIMIT;
/** Characters of an encoded hash. */
export const HASH_LENGTH = 22;

/** `hash_type` of content that Benchkeep itself hashes. */
export const HASH_TYPES = { whole: 'md5', headAndTail: 'sha1-fl', folder: 'md5-d' } as const;

/** The `hash_type` that a file of `size` bytes gets. */
export function hashTypeOf(size: number): 'md5' | 'sha1-fl' {
  return size <= FAST_HASH_LIMIT ? HASH_TYPES.whole : HASH_TYPES.headAndTail;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** URL-safe base64 (RFC 4648 §5) without `=`, cut to 22 characters. */
export function encodeHash(digest: Uint8Array): string {
  let text = '';
  for (let i = 0; i < digest.length && text.length < HASH_LENGTH; i += 3) {
    const three = ((digest[i] ?? 0) << 16) | ((digest[i + 1] ?? 0) << 8) | (digest[i + 2] ?? 0);
    // Three bytes are four characters; one or two left over are two or three.
    const characters = Math.min(3, digest.length - i) + 1;
    for (let c = 0; c < characters; c++) text += ALPHABET.charAt((three >> (18 - 6 * c)) & 63);
  }
  return text.slice(0, HASH_LENGTH);
}

/** MD5 of bytes or of a string's UTF-8; an argument, since this folder has no cryptography of its own. */
export type Md5 = (content: string | Uint8Array) => Uint8Array;

/**
 * The hash (`md5-d`) of a folder from the hashes of every regular file below it: sorted, duplicates kept, the MD5
 * digests of the strings joined, MD5 of that. Names are not part of it. Throws `empty_folder` without files.
 */
export function hashFolder(fileHashes: readonly string[], md5: Md5): string {
  return encodeHash(md5(folderHashInput(fileHashes, md5)));
}

/** The bytes whose MD5 is the hash of a folder: 16 for each file. */
export function folderHashInput(fileHashes: readonly string[], md5: Md5): Uint8Array {
  if (fileHashes.length === 0) {
    throw new BenchkeepError(
      'empty_folder',
      'The folder has no files in it',
      'Choose a folder with at least one file.',
    );
  }
  // The order of code units: the strings are ASCII, so this is LaminDB's order too.
  const sorted = [...fileHashes].sort();
  const joined = new Uint8Array(sorted.length * MD5_BYTES);
  sorted.forEach((hash, i) => {
    joined.set(md5(hash), i * MD5_BYTES);
  });
  return joined;
}

const MD5_BYTES = 16;

/** The hash of a collection: its members' hashes as a set, sorted, joined with `:`, MD5 of the string. */
export function hashCollection(memberHashes: Iterable<string>, md5: Md5): string {
  return encodeHash(md5([...new Set(memberHashes)].sort().join(':')));
}
