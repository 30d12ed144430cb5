/** `hash` and `hash_type` of an object from what its store says of it, as LaminDB has them (`lamindb-facts.md`). */
import { createHash } from 'node:crypto';
import { encodeHash, HASH_TYPES } from '../../../shared/hash-encoding.ts';
import type { ObjectFacts, ObjectStore } from './object-store.ts';

export interface ObjectHash {
  /** 22 characters. */
  hash: string;
  hashType: string;
}

const MD5 = /^[0-9a-f]{32}$/;
/** Of an upload in parts: the MD5 of the MD5s of its parts, and how many they were. */
const MD5_OF_PARTS = /^(?<hex>[0-9a-f]{32})-(?<parts>\d{1,5})$/;
const SHA1 = /^[0-9a-f]{40}$/;

/** Changes when the content does. Nothing is read. */
export function hashOfObject(
  kind: ObjectStore['kind'],
  { etag, checksums, size, modifiedAt }: ObjectFacts,
): ObjectHash {
  const ofHex = (hex: string): string => encodeHash(Buffer.from(hex, 'hex'));
  const ofText = (text: string): string => encodeHash(createHash('md5').update(text).digest());
  if (kind === 'hf') {
    if (checksums.sha256 !== undefined) return { hash: ofHex(checksums.sha256), hashType: 'sha256' };
    if (SHA1.test(etag)) return { hash: ofHex(etag), hashType: 'sha1' };
  }
  if (kind === 'gs') {
    if (checksums.md5 !== undefined) return { hash: ofHex(checksums.md5), hashType: HASH_TYPES.whole };
    // Composed of others, it has no MD5.
    if (checksums.crc32c !== undefined) return { hash: ofText(checksums.crc32c), hashType: 'md5-crc32c' };
  }
  if (kind === 's3') {
    if (MD5.test(etag)) return { hash: ofHex(etag), hashType: HASH_TYPES.whole };
    const { hex = '', parts = '' } = MD5_OF_PARTS.exec(etag)?.groups ?? {};
    if (hex !== '') return { hash: ofHex(hex), hashType: `md5-${parts}` };
  }
  if (etag !== '') return { hash: ofText(etag), hashType: 'md5-etag' };
  // A web server that gives no ETag: its date and size are all that tells one content from the next.
  return { hash: ofText(`${modifiedAt ?? ''} ${String(size)}`), hashType: 'md5-date' };
}

/** What is recorded of an artifact's content. */
export interface RecordedContent {
  size: number;
  hash: string | null;
  hash_type: string | null;
  sha256: string | null;
}

/**
 * Is it what was recorded, as far as its store says? `unknown`: it is called something else than then, which can be of the
 * same bytes sent in another way; only where their checksum is known can they tell.
 */
export function judgeObject(
  kind: ObjectStore['kind'],
  facts: ObjectFacts,
  { size, hash, hash_type: hashType, sha256 }: RecordedContent,
): 'same' | 'other' | 'unknown' {
  const { checksums } = facts;
  if (facts.size !== size) return 'other';
  if (sha256 !== null && checksums.sha256 !== undefined) return checksums.sha256 === sha256 ? 'same' : 'other';
  const now = hashOfObject(kind, facts);
  if (now.hashType === hashType && now.hash === hash) return 'same';
  const areBothMd5 = hashType === HASH_TYPES.whole && checksums.md5 !== undefined;
  return sha256 === null || areBothMd5 ? 'other' : 'unknown';
}

/** What a manifest says of an object whose bytes were not read: its SHA-256, or what its store calls its content. */
export function markOfObject(kind: ObjectStore['kind'], facts: ObjectFacts): string {
  const { sha256, md5 } = facts.checksums;
  if (sha256 !== undefined) return sha256;
  const { hash, hashType } = hashOfObject(kind, facts);
  if (hashType === HASH_TYPES.whole) return `md5:${md5 ?? facts.etag}`;
  return `${hashType}:${hash}`;
}
