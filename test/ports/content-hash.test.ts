/** Checksums of content that comes in slices and leaves in parts: those of the parts, and of the whole. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentHash } from '../../src-main/ports/fs/content-hash.ts';
import { joinedCrc32 } from '../../src-main/ports/fs/joined-crc32.ts';

const slices = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 6 });
const hexOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('of whatever parts in whatever slices, those of each part and of the whole are those of its bytes', () => {
  const contents = fc.record({ parts: fc.array(slices, { maxLength: 5 }), rest: slices });
  fc.assert(
    fc.property(contents, fc.boolean(), fc.boolean(), ({ parts, rest }, md5, partSha256) => {
      const hash = contentHash({ md5, partSha256 });
      for (const part of parts) {
        for (const slice of part) hash.add(slice);
        const bytes = Buffer.concat(part);
        expect(hash.part()).toEqual({ crc32: hexOf(bytes), ...(partSha256 ? { sha256: sha256Of(bytes) } : {}) });
      }
      for (const slice of rest) hash.add(slice);
      const whole = Buffer.concat([...parts.flat(), ...rest]);
      expect(hash.whole()).toEqual({
        crc32: hexOf(whole),
        sha256: sha256Of(whole),
        ...(md5 ? { md5: createHash('md5').update(whole).digest('hex') } : {}),
      });
    }),
  );
});

it('CRC-32 of two contents is that of both together, however long the second is', () => {
  const second = Buffer.alloc(3 * 2 ** 20 + 7, 'second');
  expect(joinedCrc32(crc32('first'), crc32(second), second.length)).toBe(
    crc32(Buffer.concat([Buffer.from('first'), second])),
  );
  // 5 GiB: more than 32 bits of length.
  const [mib, one] = [2 ** 20, crc32(Buffer.alloc(2 ** 20))];
  let oneByOne = 0;
  for (let n = 0; n < 5 * 1024; n++) oneByOne = joinedCrc32(oneByOne, one, mib);
  let zeros = one;
  for (let length = mib; length < 4096 * mib; length *= 2) zeros = joinedCrc32(zeros, zeros, length);
  let gib = one;
  for (let length = mib; length < 1024 * mib; length *= 2) gib = joinedCrc32(gib, gib, length);
  expect(joinedCrc32(gib, zeros, 4096 * mib)).toBe(oneByOne);
});
