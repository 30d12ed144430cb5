/** Amazon S3 and what is like it (MinIO, Ceph, R2, Wasabi, versitygw), with @aws-sdk/client-s3. */
import { hexOfCrc32 } from '../../ports/fs/content-hash.ts';
import { crc32 } from 'node:zlib';
import { effect } from '../../ports/failpoint.ts';
import { nodeFs } from '../../ports/fs/node-fs.ts';
import { systemRandom } from '../../ports/random.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Call, ObjectFacts, ObjectStore, PutOptions } from './object-store.ts';
import { bucketAt, listedKey, ofVersion, type S3Bucket, type S3Parts } from './s3-bucket.ts';
import { openS3Client, stoppedBy, type S3Access, type S3Way } from './s3-client.ts';
import { headFirst } from './head-first.ts';
import { goingOn, NOT_ASKED, type ShortAnswer } from './s3-short-way.ts';
import { contentHashOf, signedWith } from './s3-content-hash.ts';
import { factsOfPut, headersOfPut, toldOfPut } from './s3-facts.ts';
import { isGone, s3Failure, statusOf } from './s3-failure.ts';
import { s3SmallFiles } from './s3-small-files.ts';
import { regionOfS3Bucket, statS3Object } from './s3-stat.ts';
import { s3Uploads } from './s3-uploads.ts';
import { s3Versions } from './s3-versions.ts';
import { base64OfHex, unquoted } from './s3-words.ts';
import type { FilePlace, SmallFileSender } from './small-file-sender.ts';
import { storeError } from './store-error.ts';
import type { CloudRoot } from './store-options.ts';

/** Objects of one list: reading the answer takes the SDK 20 ms for a thousand, in which nobody else has a turn. */
const PAGE = 300;

/** How often a range is asked for whose answer breaks off. */
const BODIES = 3;

/** Credentials are looked for at the first request. `sender`: without it small files are sent by the thread that asks. */
export async function openS3Store(root: CloudRoot, access: S3Access, sender?: SmallFileSender): Promise<ObjectStore> {
  // A command that needs no bucket does not wait for it to be read.
  const sdk = await import('@aws-sdk/client-s3');
  const { s3, short, way, connecting } = await openS3Client(sdk, root, access, nodeFs(systemRandom));
  return s3Store(root, { s3, sdk, short }, way, sender?.connect(connecting));
}

/** The store of a client that is open. */
export function s3Store(
  root: CloudRoot,
  parts: S3Parts,
  { endpoint }: Pick<S3Way, 'endpoint'>,
  place?: FilePlace,
): ObjectStore {
  const bucket = bucketAt(root, parts, endpoint);
  const store: ObjectStore = {
    kind: 's3',
    proves: 'crc32',
    signsContent: !bucket.isSecure,
    stat: (key, options) => statS3Object(bucket, key, options),
    list: (prefix, options) => list(bucket, prefix, options),
    readRange: (key, offset, length, options) => readRange(bucket, key, offset, length, options),
    versions: (key, options) => s3Versions(bucket, key, options),
    put: (key, bytes, options) => effect('store.put', () => put(bucket, key, bytes, options)),
    delete: (key, options) => effect('store.delete', () => remove(bucket, key, options)),
    uploads: s3Uploads(bucket),
    ...(place === undefined ? {} : { smallFiles: s3SmallFiles(bucket, place) }),
    region: () => regionOfS3Bucket(bucket),
    close: () => {
      parts.s3.destroy();
      place?.close();
    },
  };
  return root.options.conditions === 'ignored' ? headFirst(store, root.root) : store;
}

async function* list(at: S3Bucket, prefix: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  const { s3, sdk, bucket } = at;
  let token: string | undefined;
  do {
    const next = new sdk.ListObjectsV2Command({
      Bucket: bucket,
      Prefix: at.fullPrefix(prefix),
      ContinuationToken: token,
      MaxKeys: PAGE,
      EncodingType: 'url',
    });
    const page = await at.ask(() => s3.send(next, stoppedBy(signal)));
    at.said(page.Name);
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      yield {
        key: at.below(listedKey(Key, page.EncodingType)),
        size: Size ?? 0,
        etag: unquoted(ETag),
        version: null,
        checksums: {},
        modifiedAt: LastModified?.toISOString() ?? null,
      };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

async function readRange(
  at: S3Bucket,
  key: string,
  offset: number,
  length: number,
  { of, signal }: Call & { of?: ObjectFacts } = {},
): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0);
  const { s3, sdk, bucket } = at;
  const get = new sdk.GetObjectCommand({
    Bucket: bucket,
    Key: at.full(key),
    Range: `bytes=${String(offset)}-${String(offset + length - 1)}`,
    ...(of === undefined || of.etag === '' ? {} : { IfMatch: `"${of.etag}"` }),
    ...ofVersion(of?.version),
  });
  for (let tried = 1; ; tried++) {
    let answer;
    try {
      answer = await s3.send(get, stoppedBy(signal));
    } catch (error) {
      const status = statusOf(error);
      if (status === 416) return Buffer.alloc(0);
      if (status !== 412) throw s3Failure(error, at.root);
      throw new BenchkeepError(
        'file_changed',
        `${at.root}/${key} was replaced while it was read`,
        'Nothing was kept of it. Try again.',
        { retry: true },
      );
    }
    at.said(answer.ETag);
    try {
      const came = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return Buffer.from(came.buffer, came.byteOffset, came.byteLength);
    } catch (error) {
      // The SDK tries again until an answer begins, and not where it ends too early.
      const failure =
        signal?.aborted === true
          ? storeError({ status: null, name: 'AbortError' }, at.root, error)
          : s3Failure(error, at.root);
      if (tried === BODIES || failure.code !== 'offline') throw failure;
    }
  }
}

async function put(at: S3Bucket, key: string, bytes: Buffer, options: PutOptions = {}): Promise<ObjectFacts> {
  const { s3, sdk, bucket } = at;
  const { condition = null, metadata, sha256, signal } = options;
  const crc = base64OfHex(hexOfCrc32(crc32(bytes)));
  const short = await putShort(at, key, bytes, crc, options);
  if (short.facts !== null) return short.facts;
  const answer = await at.ask(async () => {
    const command = new sdk.PutObjectCommand({
      Bucket: bucket,
      Key: at.full(key),
      Body: bytes,
      ContentLength: bytes.length,
      ChecksumCRC32: crc,
      ...(metadata === undefined ? {} : { Metadata: metadata }),
      ...(condition === null ? {} : 'absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: `"${condition.etag}"` }),
    });
    try {
      const signed = signedWith(command, contentHashOf(at, sha256));
      return await s3.send(goingOn(signed, short.answer), stoppedBy(signal));
    } catch (error) {
      // What should be replaced is gone: another way for the condition not to hold.
      if (condition !== null && isGone(error)) throw storeError({ status: 412, name: 'NoSuchKey' }, at.root, null);
      throw error;
    }
  });
  at.said(answer.ETag);
  return factsOfPut(key, bytes.length, answer);
}

/** `facts` null: the SDK goes on from the answer. */
async function putShort(
  at: S3Bucket,
  key: string,
  bytes: Buffer,
  crc: string,
  { condition = null, metadata = {}, sha256, signal }: PutOptions,
): Promise<{ facts: ObjectFacts | null; answer: ShortAnswer }> {
  if (condition !== null && !('absent' in condition)) return { facts: null, answer: NOT_ASKED };
  const answer = await at.short.ask({
    method: 'PUT',
    key: at.full(key),
    headers: headersOfPut(bytes.length, crc, { mustBeAbsent: condition !== null, metadata }),
    body: bytes,
    contentHash: contentHashOf(at, sha256),
    signal,
  });
  return { facts: answer.headers === null ? null : toldOfPut(key, bytes.length, answer.headers), answer };
}

async function remove(
  at: S3Bucket,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<void> {
  const { s3, sdk, bucket } = at;
  const command = new sdk.DeleteObjectCommand({
    Bucket: bucket,
    Key: at.full(key),
    ...ofVersion(version),
  });
  try {
    await s3.send(command, stoppedBy(signal));
  } catch (error) {
    // versitygw calls a version that was deleted already an invalid one.
    const unknown = version !== undefined && version !== null && statusOf(error) === 400;
    if (unknown && (await statS3Object(at, key, { version, ...(signal && { signal }) })) === null) return;
    if (!isGone(error)) throw s3Failure(error, at.root);
  }
}
