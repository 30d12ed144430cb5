/** Amazon S3 and what is like it (MinIO, Ceph, R2, Wasabi, versitygw), with @aws-sdk/client-s3. */
import { crc32 } from 'node:zlib';
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { effect } from '../../ports/failpoint.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Call, ObjectFacts, ObjectStore, PutCondition, StoreChecksums } from './object-store.ts';
import { openS3Client, stoppedBy, type S3Access } from './s3-client.ts';
import { s3Failure } from './s3-failure.ts';
import { s3Uploads } from './s3-uploads.ts';
import type { CloudRoot } from './store-options.ts';

/** A bucket, seen from one folder of it. */
export interface S3Bucket {
  s3: S3Client;
  sdk: typeof import('@aws-sdk/client-s3');
  bucket: string;
  /** As people see it. */
  root: string;
  /** Key in the bucket of a key below the root, and back. */
  full(key: string): string;
  below(full: string): string;
  /** Runs a request; what the store says is thrown as Benchkeep's error. */
  ask<T>(run: () => Promise<T>): Promise<T>;
}

/** Credentials are looked for at the first request. `now`: ms, wall clock. */
export async function openS3Store(root: CloudRoot, access: S3Access): Promise<ObjectStore> {
  // A command that needs no bucket does not wait for it to be read.
  const sdk = await import('@aws-sdk/client-s3');
  const s3 = await openS3Client(sdk, root, access);
  const lead = root.prefix === '' ? '' : `${root.prefix}/`;
  const bucket: S3Bucket = {
    s3,
    sdk,
    bucket: root.bucket,
    root: root.root,
    full: (key) => lead + key,
    below: (full) => full.slice(lead.length),
    async ask(run) {
      try {
        return await run();
      } catch (error) {
        throw s3Failure(error, root.root);
      }
    },
  };
  return {
    kind: 's3',
    stat: (key, options) => stat(bucket, key, options),
    list: (prefix, options) => list(bucket, prefix, options),
    readRange: (key, offset, length, options) => readRange(bucket, key, offset, length, options),
    put: (key, bytes, options) => effect('store.put', () => put(bucket, key, bytes, options)),
    delete: (key, options) => effect('store.delete', () => remove(bucket, key, options)),
    uploads: s3Uploads(bucket),
    region: () => regionOf(bucket),
    close: () => {
      s3.destroy();
    },
  };
}

async function stat(
  at: S3Bucket,
  key: string,
  { version, signal }: Call & { version?: string | null } = {},
): Promise<ObjectFacts | null> {
  const { s3, sdk, bucket } = at;
  const head = new sdk.HeadObjectCommand({
    Bucket: bucket,
    Key: at.full(key),
    ChecksumMode: 'ENABLED',
    ...ofVersion(version),
  });
  try {
    return factsOfHead(key, await s3.send(head, stoppedBy(signal)));
  } catch (error) {
    const failure = s3Failure(error, at.root);
    if (failure.code !== 'file_not_found') throw failure;
  }
  // A missing bucket answers in the same way, and must not look like one in which the object is gone.
  await at.ask(() => s3.send(new sdk.HeadBucketCommand({ Bucket: bucket }), stoppedBy(signal)));
  return null;
}

function factsOfHead(key: string, head: HeadObjectCommandOutput): ObjectFacts {
  const etag = unquoted(head.ETag);
  const checksums: StoreChecksums = {};
  if (head.ChecksumCRC32 !== undefined && head.ChecksumType !== 'COMPOSITE' && !head.ChecksumCRC32.includes('-'))
    checksums.crc32 = hexOfBase64(head.ChecksumCRC32);
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
  };
}

async function* list(at: S3Bucket, prefix: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  const { s3, sdk, bucket } = at;
  let token: string | undefined;
  do {
    const next = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: at.full(prefix), ContinuationToken: token });
    const page = await at.ask(() => s3.send(next, stoppedBy(signal)));
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      yield {
        key: at.below(Key ?? ''),
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
    ...(of === undefined ? {} : { IfMatch: `"${of.etag}"` }),
    ...ofVersion(of?.version),
  });
  try {
    const answer = await s3.send(get, stoppedBy(signal));
    return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 416) return Buffer.alloc(0);
    if (status !== 412) throw s3Failure(error, at.root);
    throw new BenchkeepError(
      'file_changed',
      `${at.root}/${key} was replaced while it was read`,
      'Nothing was kept of it. Try again.',
      { retry: true },
    );
  }
}

async function put(
  at: S3Bucket,
  key: string,
  bytes: Buffer,
  { condition = null, signal }: Call & { condition?: PutCondition } = {},
): Promise<ObjectFacts> {
  const { s3, sdk, bucket } = at;
  const crc = crc32(bytes).toString(16).padStart(8, '0');
  const answer = await at.ask(() =>
    s3.send(
      new sdk.PutObjectCommand({
        Bucket: bucket,
        Key: at.full(key),
        Body: bytes,
        ContentLength: bytes.length,
        ChecksumCRC32: base64OfHex(crc),
        ...(condition === null
          ? {}
          : 'absent' in condition
            ? { IfNoneMatch: '*' }
            : { IfMatch: `"${condition.etag}"` }),
      }),
      stoppedBy(signal),
    ),
  );
  const checksums = answer.ChecksumCRC32 === undefined ? {} : { crc32: hexOfBase64(answer.ChecksumCRC32) };
  return {
    key,
    size: bytes.length,
    etag: unquoted(answer.ETag),
    version: versionOf(answer.VersionId),
    checksums,
    modifiedAt: null,
  };
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
    const failure = s3Failure(error, at.root);
    if (failure.code !== 'file_not_found') throw failure;
  }
}

async function regionOf(at: S3Bucket): Promise<string | null> {
  const answer = await at.ask(() => at.s3.send(new at.sdk.HeadBucketCommand({ Bucket: at.bucket })));
  return answer.BucketRegion ?? (await at.s3.config.region());
}

function ofVersion(version: string | null | undefined): { VersionId?: string } {
  return version === null || version === undefined ? {} : { VersionId: version };
}

export function unquoted(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\//, '').replaceAll('"', '');
}

/** `null` is what a store without versions, or one where they are switched off, says. */
function versionOf(version: string | undefined): string | null {
  return version === undefined || version === 'null' ? null : version;
}

export function hexOfBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('hex');
}

export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
