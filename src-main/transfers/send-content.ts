/** Brings the bytes of a file to a store; what an earlier try has brought is not sent again. */
import type { Fs } from '../ports/fs/fs.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { ObjectStore, Part, ReceivedPart, StoreChecksums } from '../storage/index.ts';
import { readParts } from './read-parts.ts';
import type { TransferTools, UploadSource } from './transfer-context.ts';

export interface SendRequest {
  store: ObjectStore;
  key: string;
  source: UploadSource;
  /** Of an upload that was begun; null for content that goes in one request. */
  token: string | null;
}

/** What was sent, and what makes an object of it. */
export interface SentContent {
  parts: ReceivedPart[];
  checksums: StoreChecksums & { crc32: string };
  /** Something is there already; some stores notice when the last part comes. What it is, whoever asked looks. */
  taken: BenchkeepError | null;
  /** All of a small file, which is put in one request. */
  bytes: Buffer | null;
}

/** True where one request is enough. */
export function isSmall(store: ObjectStore, size: number): boolean {
  return size <= store.uploads.plan(size).partSize;
}

/** Null where the store does not know the upload any more. Errors: `file_changed`, those of the store and of reading. */
export async function sendContent(
  fs: Fs,
  { store, key, source, token }: SendRequest,
  tools: TransferTools,
): Promise<SentContent | null> {
  const md5 = store.proves === 'md5';
  if (token === null) return readSmall(fs, source, md5);
  const { partSize, parallel } = store.uploads.plan(source.facts.size);
  const received = await store.uploads.received(key, token, { signal: tools.signal });
  if (received === null) return null;
  const known = new Map(received.map((part) => [part.number, part]));
  const parts: ReceivedPart[] = [];
  let sent = 0;
  const have = (part: ReceivedPart): void => {
    parts.push(part);
    sent += part.size;
    tools.onSent?.(sent);
  };

  // One part that fails ends the others, and the error that it failed with is told.
  const failed = new AbortController();
  const signal = AbortSignal.any([tools.signal, failed.signal]);
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | null = null;
  const sendPart = async (part: Part): Promise<void> => {
    try {
      have(await store.uploads.send(key, token, part, { signal }));
    } catch (error) {
      failure ??= { error };
      failed.abort();
    }
  };
  const refuseFailed = (): void => {
    if (failure !== null) throw failure.error;
  };
  try {
    const send = async (part: Part): Promise<void> => {
      tools.signal.throwIfAborted();
      refuseFailed();
      const there = known.get(part.number);
      // Without a checksum of the part, that of the whole tells.
      if (there?.size === part.bytes.length && (there.crc32 ?? part.crc32) === part.crc32) {
        have(there);
        return;
      }
      const sending = sendPart(part).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= parallel) await Promise.race(underWay);
    };
    const checksums = await readParts(fs, source, partSize, send, { md5 });
    await Promise.all(underWay);
    const taken = takenBy(failure);
    if (taken === null) refuseFailed();
    return { parts: parts.sort((a, b) => a.number - b.number), checksums, bytes: null, taken };
  } finally {
    failed.abort();
    await Promise.all(underWay);
  }
}

function takenBy(failure: { error: unknown } | null): BenchkeepError | null {
  const error = failure?.error;
  return error instanceof BenchkeepError && error.code === 'already_exists' ? error : null;
}

async function readSmall(fs: Fs, source: UploadSource, md5: boolean): Promise<SentContent> {
  let bytes = Buffer.alloc(0);
  const keep = (part: Part): Promise<void> => {
    bytes = part.bytes as Buffer<ArrayBuffer>;
    return Promise.resolve();
  };
  const checksums = await readParts(fs, source, Math.max(1, source.facts.size), keep, { md5 });
  return { parts: [], checksums, bytes, taken: null };
}
