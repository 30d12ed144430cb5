/** Puts a snapshot into a bucket in the place of exactly what was read there, in one request or part by part. */
import { hexOfCrc32 } from '../../ports/fs/content-hash.ts';
import { crc32 } from 'node:zlib';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import type { ObjectFacts, ObjectStore, PutCondition, ReceivedPart } from '../objects/object-store.ts';
import { someoneFaster, type SnapshotFile } from './published-place.ts';

export interface SendSnapshot {
  fs: Fs;
  store: ObjectStore;
  key: string;
  file: SnapshotFile;
  condition: NonNullable<PutCondition>;
  signal: AbortSignal | undefined;
}

/** Its ETag, after the store's own checksum was compared. Errors: `already_exists`, `wrong_content`, the store's. */
export async function sendSnapshot(request: SendSnapshot): Promise<string> {
  const { store, key, file, signal } = request;
  const call = signal === undefined ? {} : { signal };
  const isLarge = file.size > store.uploads.plan(file.size).partSize;
  try {
    const facts = await (isLarge ? sendInParts(request) : sendAtOnce(request));
    if (facts !== null && isIt(facts, file)) return facts.etag;
  } catch (error) {
    // Nobody can tell whether it was done: what is there tells.
    if (!isDoubt(error)) throw error;
    const there = await store.stat(key, call);
    if (there !== null && isIt(there, file)) return there.etag;
    throw error;
  }
  const there = await store.stat(key, call);
  if (there !== null && isIt(there, file)) return there.etag;
  throw someoneFaster(key);
}

function isDoubt(error: unknown): boolean {
  return error instanceof BenchkeepError && ['already_exists', 'offline', 'upload_lost'].includes(error.code);
}

/** By what the store itself computed of the bytes that it keeps. */
function isIt({ size, checksums }: ObjectFacts, file: SnapshotFile): boolean {
  if (size !== file.size) return false;
  const { md5, crc32: crc, sha256 } = checksums;
  if (sha256 !== undefined) return sha256 === file.checksums.sha256;
  if (md5 !== undefined) return md5 === file.checksums.md5;
  return crc === file.checksums.crc32;
}

async function sendAtOnce({ fs, store, key, file, condition, signal }: SendSnapshot): Promise<ObjectFacts> {
  const bytes = await fs.readRange(file.path, 0, file.size);
  return store.put(key, bytes, { condition, ...(signal === undefined ? {} : { signal }) });
}

async function sendInParts(request: SendSnapshot): Promise<ObjectFacts | null> {
  const { fs, store, key, file, condition, signal } = request;
  const { uploads } = store;
  const call = signal === undefined ? {} : { signal };
  // Of a try that was killed: whoever has the turn is the only one who publishes.
  for await (const left of uploads.list(key, call)) if (left.key === key) await uploads.abort(key, left.token, call);
  const { partSize, parallel } = uploads.plan(file.size);
  const token = await uploads.begin(key, file.size, { condition, ...call });
  try {
    const parts: ReceivedPart[] = [];
    const count = Math.ceil(file.size / partSize);
    for (let from = 0; from < count; from += parallel) {
      const some = Array.from({ length: Math.min(parallel, count - from) }, async (_, n) => {
        const offset = (from + n) * partSize;
        const bytes = await fs.readRange(file.path, offset, partSize);
        const crc = hexOfCrc32(crc32(bytes));
        return uploads.send(key, token, { number: from + n + 1, offset, bytes, crc32: crc }, call);
      });
      const settled = await Promise.allSettled(some);
      for (const one of settled) {
        if (one.status === 'rejected') throw one.reason;
        parts.push(one.value);
      }
    }
    await uploads.complete(key, token, parts, { size: file.size, crc32: file.checksums.crc32 }, { condition, ...call });
  } catch (error) {
    // Without the signal: it may have been what ended it. One that can't be given up now is the next time.
    await uploads.abort(key, token).catch(() => undefined);
    throw error;
  }
  return store.stat(key, call);
}
