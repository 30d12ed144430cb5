/** Whether an object is there, and what the store says of it. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Call, ObjectFacts, StoreChecksums } from './object-store.ts';
import { goingOn, NO_CONTENT, NOT_ASKED, type ShortAnswer } from './s3-short-way.ts';
import { hexOfBase64, ofVersion, unquoted, versionOf, type S3Bucket } from './s3-bucket.ts';
import { stoppedBy } from './s3-client.ts';
import { isGone, isRefused, s3Failure, statusOf } from './s3-failure.ts';

type HeadFacts = Omit<HeadObjectCommandOutput, '$metadata'>;

/** Begins the names of words that are kept with an object. */
const META = 'x-amz-meta-';

/** `ObjectStore.stat`. */
export async function statS3Object(
  at: S3Bucket,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<ObjectFacts | null> {
  const short = await askShort(at, key, { version: version ?? null, signal });
  if (short.facts !== null) return short.facts;
  const { s3, sdk, bucket } = at;
  const asked = { Bucket: bucket, Key: at.full(key), ...ofVersion(version) };
  const head = new sdk.HeadObjectCommand({ ...asked, ChecksumMode: 'ENABLED' });
  try {
    return factsOfHead(at, key, await s3.send(goingOn(head, short.answer), stoppedBy(signal)));
  } catch (error) {
    if (!isRefused(error)) throw s3Failure(error, at.root);
  }
  // An answer to HEAD has no body and names no reason: an object that is gone looks like a bucket that is, a wrong
  // key like a right that is missing. To GET, which needs the same rights, the store says it.
  try {
    const answer = await s3.send(new sdk.GetObjectCommand({ ...asked, Range: 'bytes=0-0' }), stoppedBy(signal));
    await answer.Body?.transformToByteArray();
  } catch (error) {
    if (isGone(error)) return null;
    // Of an empty object there is no such range.
    if (statusOf(error) !== 416) throw s3Failure(error, at.root);
  }
  // It came to be in between.
  return at.ask(async () => factsOfHead(at, key, await s3.send(head, stoppedBy(signal))));
}

/** `facts` null: the SDK goes on from the answer. */
async function askShort(
  at: S3Bucket,
  key: string,
  { version, signal }: { version: string | null; signal: AbortSignal | undefined },
): Promise<{ facts: ObjectFacts | null; answer: ShortAnswer }> {
  if (version !== null) return { facts: null, answer: NOT_ASKED };
  const headers = { 'x-amz-checksum-mode': 'ENABLED' };
  const answer = await at.short.ask({ method: 'HEAD', key: at.full(key), headers, contentHash: NO_CONTENT, signal });
  const said = answer.headers;
  return { facts: said?.['etag'] === undefined ? null : factsOfHeaders(at, key, said), answer };
}

function factsOfHeaders(at: S3Bucket, key: string, said: Record<string, string>): ObjectFacts {
  const words = Object.entries(said).filter(([name]) => name.startsWith(META));
  const modified = said['last-modified'];
  return factsOfHead(at, key, {
    ETag: said['etag'],
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

function factsOfHead(at: S3Bucket, key: string, head: HeadFacts): ObjectFacts {
  const etag = unquoted(at.said(head.ETag));
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

/** `ObjectStore.region`. */
export async function regionOfS3Bucket(at: S3Bucket): Promise<string | null> {
  const { s3, sdk, bucket } = at;
  try {
    const { BucketRegion } = await s3.send(new sdk.HeadBucketCommand({ Bucket: bucket }));
    if (BucketRegion !== undefined) return BucketRegion;
  } catch (error) {
    if (!isRefused(error)) throw s3Failure(error, at.root);
    // As with objects: a list tells why not. Who may list only below the root gets one.
    const list = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: at.fullPrefix(''), MaxKeys: 1 });
    await at.ask(() => s3.send(list));
  }
  return await s3.config.region();
}
