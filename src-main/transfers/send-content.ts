/** Brings the bytes of a file to a store; what an earlier try has brought is not sent again. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { Hasher } from '../ports/fs/hasher.ts';
import type { MadeObject, ObjectStore, Part, PartBuffers, PutOptions, ReceivedPart } from '../storage/index.ts';
import { readParts, type ReadChecksums } from './read-parts.ts';
import type { TransferTools, UploadSource } from './transfer-context.ts';

export interface SendContext {
  fs: Pick<Fs, 'look' | 'openFile'>;
  partBuffers: PartBuffers;
  hasher: Pick<Hasher, 'hashContent'>;
}

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
  checksums: ReadChecksums;
  /** Something is there already; some stores notice when the last part comes. What it is, whoever asked looks. */
  taken: BenchkeepError | null;
  /** All of a small file, for `putSmall`. */
  small: Part | null;
}

/** The part of an empty file. */
const EMPTY: Part = { number: 1, offset: 0, bytes: Buffer.alloc(0), crc32: '00000000' };

/** True where one request is enough. */
export function isSmall(store: ObjectStore, size: number): boolean {
  return size <= store.uploads.plan(size).partSize;
}

/** Null where the store does not know the upload any more. Errors: `file_changed`, those of the store and of reading. */
export async function sendContent(
  context: SendContext,
  { store, key, source, token }: SendRequest,
  tools: TransferTools,
): Promise<SentContent | null> {
  if (token === null) return readSmall(context, store, source, tools.signal);
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
  const refuseFailed = (): void => {
    if (failure !== null) throw failure.error;
  };
  const taken = new Set<Buffer>();
  const giveBack = (buffer: Buffer): void => {
    if (taken.delete(buffer)) context.partBuffers.give(buffer);
  };
  const sendPart = async (part: Part): Promise<void> => {
    try {
      have(await store.uploads.send(key, token, part, { signal }));
    } catch (error) {
      failure ??= { error };
      failed.abort();
    } finally {
      giveBack(part.bytes);
    }
  };
  try {
    const buffer = async (bytes: number): Promise<Buffer> => {
      const one = await context.partBuffers.take(bytes, signal);
      taken.add(one);
      return one;
    };
    const send = async (part: Part): Promise<void> => {
      while (failure === null && underWay.size >= parallel) await Promise.race(underWay);
      tools.signal.throwIfAborted();
      refuseFailed();
      const there = known.get(part.number);
      // Without a checksum of the part, that of the whole tells.
      if (there?.size === part.bytes.length && (there.crc32 ?? part.crc32) === part.crc32) {
        have(there);
        giveBack(part.bytes);
        return;
      }
      const sending = sendPart(part).finally(() => underWay.delete(sending));
      underWay.add(sending);
    };
    const checksums = { md5: store.proves === 'md5', sha256: store.signsContent === true };
    const wanted = { partSize, ...checksums, buffer, hasher: context.hasher, signal };
    const whole = await readParts(context.fs, source, wanted, send);
    await Promise.all(underWay);
    const isTaken = takenBy(failure);
    if (isTaken === null) refuseFailed();
    return { parts: parts.sort((a, b) => a.number - b.number), checksums: whole, small: null, taken: isTaken };
  } catch (error) {
    // Reading was only stopped by it.
    refuseFailed();
    throw error;
  } finally {
    failed.abort();
    await Promise.all(underWay);
    for (const one of taken) giveBack(one);
  }
}

/** Makes an object of a small file, where there is none. Errors: `already_exists`, those of the store. */
export function putSmall(
  store: ObjectStore,
  key: string,
  small: Part | null,
  words: Pick<PutOptions, 'metadata' | 'signal'>,
): Promise<MadeObject> {
  const { bytes, sha256 } = small ?? EMPTY;
  return store.put(key, bytes, {
    condition: { absent: true },
    ...(sha256 === undefined ? {} : { sha256 }),
    ...words,
  });
}

function takenBy(failure: { error: unknown } | null): BenchkeepError | null {
  const error = failure?.error;
  return error instanceof BenchkeepError && error.code === 'already_exists' ? error : null;
}

/** All of a file for which one request is enough, for `putSmall`. Errors: `file_changed`, those of reading. */
export async function readSmall(
  { fs }: Pick<SendContext, 'fs'>,
  store: ObjectStore,
  source: UploadSource,
  signal: AbortSignal,
): Promise<SentContent> {
  let small: Part = EMPTY;
  const wanted = {
    partSize: Math.max(1, source.facts.size),
    md5: store.proves === 'md5',
    buffer: (bytes: number) => Promise.resolve(Buffer.allocUnsafe(bytes)),
    signal,
  };
  const checksums = await readParts(fs, source, wanted, (part) => {
    small = part;
    return Promise.resolve();
  });
  // Its only part is all of it.
  if (store.signsContent === true) small = { ...small, sha256: source.sha256 };
  return { parts: [], checksums, small, taken: null };
}
