/** What S3's answers say of an object. */
import type { HeadObjectCommandOutput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectFacts, StoreChecksums } from './object-store.ts';
import { hexOfBase64, unquoted, versionOf } from './s3-words.ts';

export type HeadFacts = Omit<HeadObjectCommandOutput, '$metadata'>;
type PutFacts = Pick<PutObjectCommandOutput, 'ETag' | 'VersionId' | 'ChecksumCRC32'>;

/** Begins the names of words that are kept with an object. */
const META = 'x-amz-meta-';

/** `key`: below the storage's root. */
export function factsOfPut(key: string, size: number, answer: PutFacts): ObjectFacts {
  return {
    key,
    size,
    etag: unquoted(answer.ETag),
    version: versionOf(answer.VersionId),
    checksums: answer.ChecksumCRC32 === undefined ? {} : { crc32: hexOfBase64(answer.ChecksumCRC32) },
    modifiedAt: null,
  };
}

export function factsOfHead(key: string, head: HeadFacts): ObjectFacts {
  const etag = unquoted(head.ETag);
  const checksums: StoreChecksums = {};
  if (head.ChecksumCRC32 !== undefined && head.ChecksumType !== 'COMPOSITE' && !head.ChecksumCRC32.includes('-'))
    checksums.crc32 = hexOfBase64(head.ChecksumCRC32);
  if (head.ChecksumSHA256 !== undefined && head.ChecksumType !== 'COMPOSITE' && !head.ChecksumSHA256.includes('-'))
    checksums.sha256 = hexOfBase64(head.ChecksumSHA256);
  // Of what is encrypted with a key of its own the ETag is no MD5, and of many parts it is one of their MD5s.
  if (/^[0-9a-f]{32}$/.test(etag) && head.SSEKMSKeyId === undefined && head.SSECustomerAlgorithm === undefined)
    checksums.md5 = etag;
  return {
    key,
    size: head.ContentLength ?? 0,
    etag,
    version: versionOf(head.VersionId),
    checksums,
    modifiedAt: head.LastModified?.toISOString() ?? null,
    ...(head.Metadata === undefined || Object.keys(head.Metadata).length === 0 ? {} : { metadata: head.Metadata }),
  };
}

/** Of the headers of an answer to PUT, as `ShortWay` gives them; null for those of somebody who is no S3. */
export function toldOfPut(key: string, size: number, said: Record<string, string>): ObjectFacts | null {
  const [ETag, VersionId] = [said['etag'], said['x-amz-version-id']];
  if (ETag === undefined) return null;
  return factsOfPut(key, size, { ETag, VersionId, ChecksumCRC32: said['x-amz-checksum-crc32'] });
}

/** The same of HEAD. */
export function toldOfHead(key: string, said: Record<string, string>): ObjectFacts | null {
  const ETag = said['etag'];
  if (ETag === undefined) return null;
  const words = Object.entries(said).filter(([name]) => name.startsWith(META));
  const modified = said['last-modified'];
  return factsOfHead(key, {
    ETag,
    ContentLength: Number(said['content-length']),
    VersionId: said['x-amz-version-id'],
    ChecksumCRC32: said['x-amz-checksum-crc32'],
    ChecksumSHA256: said['x-amz-checksum-sha256'],
    ChecksumType: said['x-amz-checksum-type'] as HeadFacts['ChecksumType'],
    SSEKMSKeyId: said['x-amz-server-side-encryption-aws-kms-key-id'],
    SSECustomerAlgorithm: said['x-amz-server-side-encryption-customer-algorithm'],
    LastModified: modified === undefined ? undefined : new Date(modified),
    Metadata: Object.fromEntries(words.map(([name, value]) => [name.slice(META.length), value])),
  });
}

/** Headers of a request that puts an object; `crc32` in base64. */
export function headersOfPut(
  size: number,
  crc32: string,
  { mustBeAbsent, metadata = {} }: { mustBeAbsent: boolean; metadata?: Record<string, string> },
): Record<string, string> {
  const words = Object.entries(metadata).map(([name, value]) => [META + name.toLowerCase(), value] as const);
  return {
    'content-length': String(size),
    'content-type': 'application/octet-stream',
    'x-amz-checksum-crc32': crc32,
    ...(mustBeAbsent ? { 'if-none-match': '*' } : {}),
    ...Object.fromEntries(words),
  };
}

/** Headers of a request that asks for an object. */
export const HEADERS_OF_HEAD: Readonly<Record<string, string>> = { 'x-amz-checksum-mode': 'ENABLED' };
