import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, matchesTerms, searchTerms } from '../../shared/search-terms.ts';

const finds = (text: string, typed: string): boolean => matchesTerms([text], searchTerms(typed));

describe('search terms', () => {
  it.each([
    ['flow/Day1 IFNG.fcs', 'ifng day1', true],
    ['flow/Day1 IFNG.fcs', 'fl', true],
    ['flow/Day1 IFNG.fcs', 'lo', false],
    ['flow/Day1 IFNG.fcs', 'low', true],
    ['flow/Day1 IFNG.fcs', 'fcs flow ay1', true],
    ['flow/Day1 IFNG.fcs', 'flow missing', false],
    ['Größe.csv', 'grosse', false],
    ['Größe.csv', 'große', true],
    ['测定 plate', 'plate', true],
    ['a b c', '', true],
  ])('%j is found by %j: %s', (text, typed, found) => {
    expect(finds(text, typed)).toBe(found);
  });

  it('a single letter asks for nothing', () => {
    expect(searchTerms('a')).toEqual([]);
    expect(searchTerms('a plate')).toEqual(searchTerms('plate'));
  });

  it('F-IN20 both Unicode forms of a name are found by either (property)', () => {
    const word = fc.string({
      unit: fc.constantFrom('é', 'ö', 'å', 'ñ', 'a', 'b', 'З', 'й'),
      minLength: 3,
      maxLength: 8,
    });
    fc.assert(
      fc.property(word, (name) => {
        for (const text of [name.normalize('NFC'), name.normalize('NFD')]) {
          for (const typed of [name.normalize('NFC'), name.normalize('NFD'), name.toUpperCase()]) {
            expect(finds(`run/${text}.csv`, typed)).toBe(true);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('S-11 F-DB22 any text gives a bounded list and no error (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (typed) => {
        expect(searchTerms(typed).length).toBeLessThanOrEqual(20);
        expect(foldText(foldText(typed))).toBe(foldText(typed));
      }),
      { numRuns: 5000 },
    );
  });
});
