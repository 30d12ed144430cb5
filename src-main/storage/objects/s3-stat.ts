/** Whether an object is there, and what the store says of it. */
import type { Call, ObjectFacts } from './object-store.ts';
import { ofVersion, type S3Bucket } from './s3-bucket.ts';
import { stoppedBy } from './s3-client.ts';
import { factsOfHead, HEADERS_OF_HEAD, toldOfHead, type HeadFacts } from './s3-facts.ts';
import { isGone, isRefused, s3Failure, statusOf } from './s3-failure.ts';
import { NO_CONTENT } from './s3-short-request.ts';
import { goingOn, NOT_ASKED, type ShortAnswer } from './s3-short-way.ts';

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
    return factsOf(at, key, await s3.send(goingOn(head, short.answer), stoppedBy(signal)));
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
  return at.ask(async () => factsOf(at, key, await s3.send(head, stoppedBy(signal))));
}

/** `facts` null: the SDK goes on from the answer. */
async function askShort(
  at: S3Bucket,
  key: string,
  { version, signal }: { version: string | null; signal: AbortSignal | undefined },
): Promise<{ facts: ObjectFacts | null; answer: ShortAnswer }> {
  if (version !== null) return { facts: null, answer: NOT_ASKED };
  const headers = HEADERS_OF_HEAD;
  const answer = await at.short.ask({ method: 'HEAD', key: at.full(key), headers, contentHash: NO_CONTENT, signal });
  return { facts: answer.headers === null ? null : toldOfHead(key, answer.headers), answer };
}

function factsOf(at: S3Bucket, key: string, head: HeadFacts): ObjectFacts {
  at.said(head.ETag);
  return factsOfHead(key, head);
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
