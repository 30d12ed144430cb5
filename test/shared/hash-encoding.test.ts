import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeHash,
  FAST_HASH_LIMIT,
  hashCollection,
  hashFolder,
  hashTypeOf,
  type Md5,
} from '../../shared/hash-encoding.ts';

const md5: Md5 = (content) => createHash('md5').update(content).digest();
const sha1 = (content: Uint8Array): Buffer => createHash('sha1').update(content).digest();
const hashText = (text: string): string => encodeHash(md5(text));

/** SHA-1 over the digests of head and tail, as for files above the limit. */
function hashHeadAndTail(content: Uint8Array): string {
  const parts = [content.subarray(0, FAST_HASH_LIMIT), content.subarray(content.length - FAST_HASH_LIMIT)];
  return encodeHash(sha1(Buffer.concat(parts.map(sha1))));
}

describe('the table of lamindb-facts', () => {
  it('small content', () => {
    expect(hashText('')).toBe('1B2M2Y8AsgTpgAmY7PhCfg');
    expect(hashText('hello\n')).toBe('sZRqySSS0jR8YjW00mERhA');
    expect(hashText('print(1)\n')).toBe('3uXEaYn17AkjERiPT-gpww');
  });

  it('content at and above the limit', () => {
    expect(encodeHash(md5(new Uint8Array(FAST_HASH_LIMIT)))).toBe('JeMXdz8wjkRsyExQOm0fhQ');
    expect(hashHeadAndTail(new Uint8Array(FAST_HASH_LIMIT + 1))).toBe('I-EOc37Fd5SZVtseNYT2KN');
    const repeated = new Uint8Array(FAST_HASH_LIMIT + 256).map((_, i) => i % 256);
    expect(hashHeadAndTail(repeated)).toBe('r5IcMpkMQUtbBbV5EmccK8');
    expect(hashTypeOf(0)).toBe('md5');
    expect(hashTypeOf(52_428_800)).toBe('md5');
    expect(hashTypeOf(52_428_801)).toBe('sha1-fl');
  });

  it('folders', () => {
    expect(hashFolder(['a', 'b', ''].map(hashText), md5)).toBe('Gw7D5VgZ2vGCi5x7q-Bo3Q');
    expect(hashFolder(['a', 'b'].map(hashText), md5)).toBe('YNCwyFw7rBegqZLBVEckCg');
  });

  it('collections', () => {
    expect(hashCollection(['ZHlfaXCXxza090J-PA1nCg', 'iBiiWBkIitgFtLcru2CLyA'], md5)).toBe('yG8QmV3xtzz70338sOHweA');
  });
});

describe('hashFolder and hashCollection', () => {
  it('a folder does not depend on the order of its files but on equal ones; a collection is a set', () => {
    const [a, b] = [hashText('a'), hashText('b')];
    expect(hashFolder([b, a], md5)).toBe(hashFolder([a, b], md5));
    expect(hashFolder([a, a, b], md5)).not.toBe(hashFolder([a, b], md5));
    expect(hashCollection([b, a, a], md5)).toBe(hashCollection([a, b], md5));
  });

  it('an empty folder is refused with a clear word', () => {
    expect(() => hashFolder([], md5)).toThrowError(expect.objectContaining({ code: 'empty_folder' }));
  });
});

it('encodeHash is URL-safe base64 cut to 22 characters (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (digest) => {
      expect(encodeHash(digest)).toBe(Buffer.from(digest).toString('base64url').slice(0, 22));
    }),
    { numRuns: 2000 },
  );
});
