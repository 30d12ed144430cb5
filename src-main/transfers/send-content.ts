/** Brings the bytes of a file to a store; what an earlier try has brought is not sent again. */
import type { Fs } from '../ports/fs/fs.ts';
import type { ObjectStore, Part, ReceivedPart } from '../storage/index.ts';
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
  /** Hex, of all bytes. */
  crc32: string;
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
  if (token === null) return readSmall(fs, source);
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
    const crc32 = await readParts(fs, source, partSize, async (part) => {
      tools.signal.throwIfAborted();
      refuseFailed();
      const there = known.get(part.number);
      if (there?.size === part.bytes.length && there.crc32 === part.crc32) {
        have(there);
        return;
      }
      const sending = sendPart(part).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= parallel) await Promise.race(underWay);
    });
    await Promise.all(underWay);
    refuseFailed();
    return { parts: parts.sort((a, b) => a.number - b.number), crc32, bytes: null };
  } finally {
    failed.abort();
    await Promise.all(underWay);
  }
}

async function readSmall(fs: Fs, source: UploadSource): Promise<SentContent> {
  let bytes = Buffer.alloc(0);
  const crc32 = await readParts(fs, source, Math.max(1, source.facts.size), (part) => {
    bytes = part.bytes as Buffer<ArrayBuffer>;
    return Promise.resolve();
  });
  return { parts: [], crc32, bytes };
}
