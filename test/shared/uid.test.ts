import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASE62,
  isUid,
  newRecordUid,
  newUid,
  nextVersionUid,
  stemOf,
  UID_LENGTHS,
  versionNumber,
  versionSuffix,
  versionSuffixOf,
} from '../../shared/uid.ts';

const STEM = 'AbCdEfGhIjKlMnOp';
const anyVersion = fc.integer({ min: 0, max: 62 ** 4 - 1 });

describe('newUid', () => {
  it('draws every letter equally often: bytes that would favour the first ones are drawn again', () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    let at = 0;
    const uid = newUid((count) => Uint8Array.from({ length: count }, () => every[at++ % 256] ?? 0), 248 * 3);
    for (const letter of BASE62) expect(uid.split(letter).length - 1, letter).toBe(12);
  });

  it('has the length of each registry and only its alphabet', () => {
    for (const registry of Object.keys(UID_LENGTHS) as (keyof typeof UID_LENGTHS)[]) {
      const uid = newRecordUid(randomBytes, registry);
      expect(isUid(uid, registry), `${registry} ${uid}`).toBe(true);
    }
    expect(newRecordUid(randomBytes, 'artifact')).toMatch(/^[0-9A-Za-z]{16}0000$/);
    expect(newRecordUid(randomBytes, 'transform')).toMatch(/^[0-9A-Za-z]{12}0000$/);
    expect(newRecordUid(randomBytes, 'storage')).toMatch(/^[0-9A-Za-z]{12}$/);
  });
});

describe('the version part', () => {
  it('counts as LaminDB does (lamindb-facts)', () => {
    const next = (suffix: string): string => versionSuffixOf(nextVersionUid(STEM, [suffix]));
    expect(nextVersionUid(STEM, [])).toBe(`${STEM}0000`);
    expect(next('0000')).toBe('0001');
    expect(next('0009')).toBe('000A');
    expect(next('000Z')).toBe('000a');
    expect(next('000z')).toBe('0010');
    expect(next('zzzy')).toBe('zzzz');
  });

  it('takes the highest of the whole family, in whatever order it is given', () => {
    expect(nextVersionUid(STEM, ['0002', '0000', '0007', '0001'])).toBe(`${STEM}0008`);
  });

  it('skips a number that differs from a sibling only in case', () => {
    expect(nextVersionUid(STEM, ['0009', '000A', '000Z'])).toBe(`${STEM}000b`);
    expect(nextVersionUid(STEM, ['00Aa', '00a9'])).toBe(`${STEM}00aB`);
    const family = Array.from({ length: 36 }, (_, number) => versionSuffix(number));
    expect(nextVersionUid(STEM, family)).toBe(`${STEM}0010`);
  });

  it('says so when nothing is left to count', () => {
    expect(() => nextVersionUid(STEM, ['zzzz'])).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
    expect(() => nextVersionUid(STEM, ['00-0'])).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('and its number are the same thing (property)', () => {
    fc.assert(
      fc.property(anyVersion, (number) => {
        expect(versionNumber(versionSuffix(number))).toBe(number);
      }),
      { numRuns: 2000 },
    );
  });

  it('always grows, never repeats a sibling in any case (property)', () => {
    fc.assert(
      fc.property(
        fc.array(
          anyVersion.filter((n) => n < 62 ** 3),
          { maxLength: 80 },
        ),
        (numbers) => {
          const family = numbers.map(versionSuffix);
          const next = nextVersionUid(STEM, family);
          expect(stemOf(next)).toBe(STEM);
          expect(versionNumber(versionSuffixOf(next))).toBeGreaterThan(Math.max(-1, ...numbers));
          expect(family.map((suffix) => suffix.toLowerCase())).not.toContain(versionSuffixOf(next).toLowerCase());
        },
      ),
      { numRuns: 2000 },
    );
  });
});
