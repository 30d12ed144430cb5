/** What tests of Google Cloud Storage share: time that a test moves, contents in parts, and names for requests. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../src-main/ports/clock.ts';
import type { ObjectStore, Part, ReceivedPart } from '../../src-main/storage/objects/object-store.ts';
import type { Seen } from './gcs-shim.ts';

export interface ImpatientClock extends Clock {
  /** Ms of the pauses so far, none of which takes any time. */
  pauses: number[];
  /** As if nothing had moved for as long as anybody waits. */
  silence(): void;
}

/** Ms from which on something is waited for that may never come; what is shorter is a pause. */
const LONG = 10_000;

export function impatientClock(): ImpatientClock {
  const waiting = new Set<() => void>();
  const pauses: number[] = [];
  return {
    pauses,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, run) {
      const due = () => waiting.delete(due) && run();
      waiting.add(due);
      if (ms < LONG) {
        pauses.push(ms);
        setImmediate(due);
      }
      return () => waiting.delete(due);
    },
    silence() {
      for (const due of [...waiting]) due();
    },
  };
}

/** Bytes that repeat nowhere, the same for the same seed. */
export function contentOf(size: number, seed = 'content'): Buffer {
  const block = createHash('sha512').update(seed).digest();
  const content = Buffer.alloc(size);
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32LE(at);
    block.copy(content, at);
  }
  return content;
}

export function md5Of(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

export function partOf(content: Buffer, number: number, partSize: number): Part {
  const offset = (number - 1) * partSize;
  return { number, offset, bytes: content.subarray(offset, offset + partSize), crc32: '' };
}

/** From part `first` on. */
export async function sendParts(
  store: ObjectStore,
  key: string,
  token: string,
  content: Buffer,
  first = 1,
): Promise<ReceivedPart[]> {
  const { partSize } = store.uploads.plan(content.length);
  const sent: ReceivedPart[] = [];
  for (let number = first; (number - 1) * partSize < content.length; number++)
    sent.push(await store.uploads.send(key, token, partOf(content, number, partSize)));
  return sent;
}

/** All of it, with a session that was begun or a new one. */
export async function upload(store: ObjectStore, key: string, content: Buffer, token?: string): Promise<void> {
  const session = token ?? (await store.uploads.begin(key, content.length));
  const parts = await sendParts(store, key, session, content);
  await store.uploads.complete(key, session, parts, { size: content.length, crc32: '' });
}

/** A request that brings bytes to a session. */
export function isPart({ method, headers }: Seen): boolean {
  return method === 'PUT' && headers['content-range']?.includes('-') === true;
}

/** A request that asks a session how far it is. */
export function isQuestion({ method, headers }: Seen): boolean {
  return method === 'PUT' && headers['content-range']?.startsWith('bytes */') === true;
}

export function rangesOf(seen: readonly Seen[]): string[] {
  return seen.filter(isPart).map(({ headers }) => (headers['content-range'] ?? '').replace(/^bytes /, ''));
}
