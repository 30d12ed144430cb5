import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { contentThread, type ContentThread } from '../../src-main/engine/content-client.ts';

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');
const digest = (algorithm: string, ...bytes: Buffer[]): string =>
  createHash(algorithm).update(Buffer.concat(bytes)).digest('hex');

function shared(bytes: Buffer): Buffer {
  const copy = Buffer.from(new SharedArrayBuffer(bytes.length));
  bytes.copy(copy);
  return copy;
}

let thread: ContentThread;
beforeEach(() => {
  thread = contentThread();
});
afterEach(() => thread.close());

it('tells of each part, and of the whole, what was added; several contents don’t mix', async () => {
  const [a, b, c, other] = [300_000, 1, 70_000, 5].map((n) => shared(randomBytes(n)));
  if (a === undefined || b === undefined || c === undefined || other === undefined) throw new Error('none');
  const one = thread.open({ md5: true, partSha256: true });
  const two = thread.open({ md5: false, partSha256: false });
  one.add(a);
  two.add(other);
  one.add(b);
  expect(await one.part()).toEqual({ crc32: hex(crc32(Buffer.concat([a, b]))), sha256: digest('sha256', a, b) });
  one.add(c);
  expect(await two.part()).toEqual({ crc32: hex(crc32(other)) });
  expect(await one.part()).toEqual({ crc32: hex(crc32(c)), sha256: digest('sha256', c) });
  expect(await one.whole()).toEqual({
    crc32: hex(crc32(Buffer.concat([a, b, c]))),
    sha256: digest('sha256', a, b, c),
    md5: digest('md5', a, b, c),
  });
  expect(await two.whole()).toEqual({ crc32: hex(crc32(other)), sha256: digest('sha256', other) });
});

it('closed, or at the end of the program, nobody waits for ever; then others can be opened', async () => {
  const one = thread.open({ md5: false, partSha256: false });
  one.add(shared(randomBytes(1000)));
  const waiting = expect(one.part()).rejects.toMatchObject({ code: 'internal', retry: true });
  await thread.close();
  await waiting;
  await expect(one.whole()).rejects.toMatchObject({ code: 'internal' });
  const two = thread.open({ md5: false, partSha256: false });
  expect(await two.whole()).toEqual({ crc32: '00000000', sha256: digest('sha256') });
  two.close();
});
