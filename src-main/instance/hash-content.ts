/** The checksums of one file, where there are no threads that make them: for making records anew. */
import { createHash } from 'node:crypto';
import { encodeHash, FAST_HASH_LIMIT, FAST_HASH_PART, hashTypeOf } from '../../shared/hash-encoding.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { giveWay } from '../ports/give-way.ts';

const CHUNK = 1024 ** 2;

/** All of it is read, piece by piece, and others are let in between. */
export async function hashesOf(
  fs: Pick<Fs, 'readRange'>,
  path: RawPath,
  size: number,
): Promise<{ hash: string; hashType: string; sha256: string }> {
  const turn = giveWay();
  const [sha256, md5, head, tail] = ['sha256', 'md5', 'sha1', 'sha1'].map((name) => createHash(name)) as [
    ReturnType<typeof createHash>,
    ReturnType<typeof createHash>,
    ReturnType<typeof createHash>,
    ReturnType<typeof createHash>,
  ];
  const isLarge = size > FAST_HASH_LIMIT;
  for (let offset = 0; offset < size; offset += CHUNK) {
    const bytes = await fs.readRange(path, offset, Math.min(CHUNK, size - offset));
    sha256.update(bytes);
    if (!isLarge) md5.update(bytes);
    else {
      if (offset < FAST_HASH_PART) head.update(bytes.subarray(0, FAST_HASH_PART - offset));
      const before = size - FAST_HASH_PART - offset;
      if (before < bytes.length) tail.update(bytes.subarray(Math.max(0, before)));
    }
    await turn();
  }
  const digest = isLarge ? createHash('sha1').update(head.digest()).update(tail.digest()).digest() : md5.digest();
  return { hash: encodeHash(digest), hashType: hashTypeOf(size), sha256: sha256.digest('hex') };
}
