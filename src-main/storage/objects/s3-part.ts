/** One part of a multipart upload to S3, by the short way where it is known. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Call, Part, ReceivedPart } from './object-store.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { stoppedBy } from './s3-client.ts';
import { contentHashOf, signedWith } from './s3-content-hash.ts';
import { isUploadLost } from './s3-failure.ts';
import { goingOn } from './s3-short-way.ts';
import { base64OfHex, unquoted } from './s3-words.ts';

/** `Uploads.send`. */
export async function sendS3Part(
  at: S3Bucket,
  key: string,
  token: string,
  { number, bytes, crc32, sha256 }: Part,
  { signal }: Call = {},
): Promise<ReceivedPart> {
  const { s3, sdk, bucket: Bucket } = at;
  const contentHash = contentHashOf(at, sha256);
  const made = (etag: string | undefined): ReceivedPart => ({
    number,
    size: bytes.length,
    etag: unquoted(at.said(etag)),
    crc32,
  });
  const short = await at.short.ask({
    method: 'PUT',
    key: at.full(key),
    query: { partNumber: String(number), uploadId: token },
    headers: { 'content-length': String(bytes.length), 'x-amz-checksum-crc32': base64OfHex(crc32) },
    body: bytes,
    contentHash,
    signal,
  });
  const etag = short.headers?.['etag'];
  if (etag !== undefined) return made(etag);
  const command = new sdk.UploadPartCommand({
    Bucket,
    Key: at.full(key),
    UploadId: token,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumCRC32: base64OfHex(crc32),
  });
  const answer = await at.ask(async () => {
    try {
      return await s3.send(goingOn(signedWith(command, contentHash), short), stoppedBy(signal));
    } catch (error) {
      throw isUploadLost(error) ? uploadLost(at) : error;
    }
  });
  return made(answer.ETag);
}

export function uploadLost(at: S3Bucket): BenchkeepError {
  return new BenchkeepError(
    'upload_lost',
    `${at.root} does not know this upload any more`,
    'It is begun again by itself; nothing was lost here.',
    { retry: true },
  );
}
