/** Bytes for tests of stores, and what stores say of them. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import type {
  ObjectFacts,
  ObjectStore,
  Part,
  ReceivedPart,
  WholeContent,
} from '../../../src-main/storage/objects/object-store.ts';

/** The smallest part that every store takes. */
export const PART = 5 * 1024 ** 2;

/** The same for the same seed; no two blocks alike, so that a part at a wrong place shows. */
export function bytesOf(size: number, seed = 1): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < size; at += 64)
    blocks.push(
      createHash('sha512')
        .update(`${String(seed)}:${String(at)}`)
        .digest(),
    );
  return Buffer.concat(blocks, size);
}

/** Everything that a list gives. */
export async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of list) all.push(each);
  return all;
}

export function crcOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

export function wholeOf(bytes: Buffer): WholeContent {
  return { size: bytes.length, crc32: crcOf(bytes) };
}

export function partsOf(bytes: Buffer): Part[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes.length / PART)) }, (_, index) => {
    const part = bytes.subarray(index * PART, (index + 1) * PART);
    return { number: index + 1, offset: index * PART, bytes: part, crc32: crcOf(part) };
  });
}

/** Sends all parts, as many at once as the store wants, the last one first. */
export async function sendAll(store: ObjectStore, key: string, token: string, bytes: Buffer): Promise<ReceivedPart[]> {
  const parts = partsOf(bytes);
  const received: ReceivedPart[] = [];
  if (store.uploads.plan(bytes.length).parallel === 1) {
    for (const part of parts) received.push(await store.uploads.send(key, token, part));
    return received;
  }
  received.push(...(await Promise.all(parts.toReversed().map((part) => store.uploads.send(key, token, part)))));
  return received.sort((a, b) => a.number - b.number);
}

/** What the store made of the bytes itself is what they have; at least one checksum of the whole is there. */
export function expectContent(facts: ObjectFacts | null, bytes: Buffer): asserts facts is ObjectFacts {
  expect(facts?.size).toBe(bytes.length);
  const { crc32: crc, crc32c, md5, sha256 } = facts?.checksums ?? {};
  const said = { crc32: crc, crc32c, md5, sha256 };
  const right = {
    crc32: crcOf(bytes),
    crc32c: crc32c === undefined ? undefined : crc32cOf(bytes),
    md5: createHash('md5').update(bytes).digest('hex'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  expect(given).not.toEqual([]);
  expect(Object.fromEntries(given)).toEqual(
    Object.fromEntries(Object.entries(right).filter(([name]) => given.some(([other]) => other === name))),
  );
}

/** Castagnoli's polynomial, which Node has not: RFC 3720, appendix B.4. */
export function crc32cOf(bytes: Buffer): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CASTAGNOLI[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

const CASTAGNOLI = Array.from({ length: 256 }, (_, index) => {
  let entry = index;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 1 ? 0x82f63b78 ^ (entry >>> 1) : entry >>> 1;
  return entry >>> 0;
});
