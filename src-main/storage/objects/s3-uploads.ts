/** Multipart uploads with a checksum (CRC32) of each part and of the whole object, both proven by the store. */
import { effect } from '../../ports/failpoint.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Call, Described, MadeObject, ReceivedPart, UploadCall, Uploads, WholeContent } from './object-store.ts';
import { listedKey, type S3Bucket } from './s3-bucket.ts';
import { stoppedBy } from './s3-client.ts';
import { isDamaged, isGone, isUploadLost } from './s3-failure.ts';
import { sendS3Part, uploadLost } from './s3-part.ts';
import { base64OfHex, hexOfBase64, unquoted, versionOf } from './s3-words.ts';
import { storeError } from './store-error.ts';

const MIB = 1024 ** 2;
const PART = 8 * MIB;
/** S3 takes 10,000; a file that has grown needs no new plan. */
const MOST_PARTS = 9_000;
const PARALLEL = 6;
/** One thread encrypts them: more would only take memory (measured: 4 are as fast as 6). */
const PARALLEL_SECURE = 4;
const ABORTS = 3;

export function s3Uploads(at: S3Bucket): Uploads {
  return {
    plan: (size) => ({
      partSize: Math.max(PART, Math.ceil(size / MOST_PARTS / MIB) * MIB),
      parallel: at.isSecure ? PARALLEL_SECURE : PARALLEL,
    }),
    begin: (key, _size, options) => effect('store.begin', () => begin(at, key, options)),
    received: (key, token, options) => received(at, key, token, options),
    send: (key, token, part, options) => effect('store.send', () => sendS3Part(at, key, token, part, options)),
    complete: (key, token, parts, whole, options) =>
      effect('store.complete', () => complete(at, key, token, parts, whole, options)),
    abort: (key, token, options) => effect('store.abort', () => abort(at, key, token, options)),
    list: (prefix, options) => list(at, prefix, options),
  };
}

async function begin(at: S3Bucket, key: string, { metadata, signal }: Call & Described = {}): Promise<string> {
  const { s3, sdk, bucket: Bucket } = at;
  const answer = await at.ask(() =>
    s3.send(
      new sdk.CreateMultipartUploadCommand({
        Bucket,
        Key: at.full(key),
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
        ...(metadata === undefined ? {} : { Metadata: metadata }),
      }),
      stoppedBy(signal),
    ),
  );
  return at.said(answer.UploadId);
}

async function received(
  at: S3Bucket,
  key: string,
  token: string,
  { signal }: Call = {},
): Promise<ReceivedPart[] | null> {
  const { s3, sdk, bucket: Bucket } = at;
  const parts: ReceivedPart[] = [];
  let marker: string | undefined;
  do {
    const page = await at.ask(async () => {
      const command = new sdk.ListPartsCommand({
        Bucket,
        Key: at.full(key),
        UploadId: token,
        PartNumberMarker: marker,
      });
      try {
        return await s3.send(command, stoppedBy(signal));
      } catch (error) {
        if (isUploadLost(error)) return null;
        throw error;
      }
    });
    if (page === null) return null;
    at.said(page.UploadId);
    for (const { PartNumber, Size, ETag, ChecksumCRC32 } of page.Parts ?? []) {
      parts.push({
        number: PartNumber ?? 0,
        size: Size ?? 0,
        etag: unquoted(ETag),
        crc32: ChecksumCRC32 === undefined ? null : hexOfBase64(ChecksumCRC32),
      });
    }
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}

async function complete(
  at: S3Bucket,
  key: string,
  token: string,
  parts: readonly ReceivedPart[],
  { size, crc32 }: WholeContent,
  { signal, condition = { absent: true } }: UploadCall = {},
): Promise<MadeObject> {
  const { s3, sdk, bucket: Bucket } = at;
  return at.ask(async () => {
    try {
      const answer = await s3.send(
        new sdk.CompleteMultipartUploadCommand({
          Bucket,
          Key: at.full(key),
          UploadId: token,
          ...('absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: `"${condition.etag}"` }),
          ChecksumCRC32: base64OfHex(crc32),
          ChecksumType: 'FULL_OBJECT',
          MpuObjectSize: size,
          MultipartUpload: {
            Parts: parts.map(({ number, etag, crc32: crc }) => ({
              PartNumber: number,
              ETag: `"${etag}"`,
              ...(crc === null ? {} : { ChecksumCRC32: base64OfHex(crc) }),
            })),
          },
        }),
        stoppedBy(signal),
      );
      return { etag: unquoted(at.said(answer.ETag)), version: versionOf(answer.VersionId) };
    } catch (error) {
      if (isDamaged(error)) throw otherContent(at);
      // What should be replaced is gone: another way for the condition not to hold.
      if ('etag' in condition && isGone(error)) throw storeError({ status: 412, name: 'NoSuchKey' }, at.root, null);
      throw isUploadLost(error) ? uploadLost(at) : error;
    }
  });
}

/**
 * Parts that were on their way may be kept although the upload was aborted: S3 wants it to be looked at, and aborted again.
 * What comes even later is found among the orphans.
 */
async function abort(at: S3Bucket, key: string, token: string, { signal }: Call = {}): Promise<void> {
  const { s3, sdk, bucket: Bucket } = at;
  for (let tried = 1; tried <= ABORTS; tried++) {
    const isKnown = await at.ask(async () => {
      const command = new sdk.AbortMultipartUploadCommand({ Bucket, Key: at.full(key), UploadId: token });
      try {
        await s3.send(command, stoppedBy(signal));
        return true;
      } catch (error) {
        if (isUploadLost(error)) return false;
        throw error;
      }
    });
    if (!isKnown || (await received(at, key, token, { ...(signal && { signal }) })) === null) return;
  }
}

interface Unfinished {
  key: string;
  token: string;
  startedAt: string | null;
}

/** MinIO takes a prefix as the whole name of an object: where nothing is found by it, all of the bucket are looked through. */
async function* list(
  at: S3Bucket,
  prefix: string,
  { exact = false, signal }: Call & { exact?: boolean } = {},
): AsyncGenerator<Unfinished> {
  const wanted = at.fullPrefix(prefix);
  let isAny = false;
  for await (const one of listBegun(at, wanted, signal)) {
    isAny = true;
    yield one;
  }
  if (isAny || exact || wanted === '') return;
  try {
    for await (const one of listBegun(at, '', signal)) if (at.full(one.key).startsWith(wanted)) yield one;
  } catch (error) {
    // Who may see only our folder has seen it.
    if (!(error instanceof BenchkeepError) || error.code !== 'not_allowed') throw error;
  }
}

async function* listBegun(at: S3Bucket, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<Unfinished> {
  const { s3, sdk, bucket: Bucket } = at;
  let [key, token]: (string | undefined)[] = [];
  do {
    const page = await at.ask(() =>
      s3.send(
        new sdk.ListMultipartUploadsCommand({
          Bucket,
          Prefix: prefix,
          EncodingType: 'url',
          KeyMarker: key,
          UploadIdMarker: token,
        }),
        stoppedBy(signal),
      ),
    );
    at.said(page.Bucket);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      const full = listedKey(Key, page.EncodingType);
      // Of the whole bucket there are those beside our root, too.
      if (!full.startsWith(at.fullPrefix(''))) continue;
      yield { key: at.below(full), token: UploadId ?? '', startedAt: Initiated?.toISOString() ?? null };
    }
    [key, token] =
      page.IsTruncated === true ? [listedKey(page.NextKeyMarker, page.EncodingType), page.NextUploadIdMarker] : [];
  } while (key !== undefined);
}

/** Unlike with a part, the same once more would be refused again. */
function otherContent(at: S3Bucket): BenchkeepError {
  return new BenchkeepError(
    'io_error',
    `The parts in ${at.root} are not the content that was to be there`,
    'No object was made of them. Send the file again from its beginning.',
  );
}
