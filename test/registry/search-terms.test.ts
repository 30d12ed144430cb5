import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTerms, searchTerms, WORD_START } from '../../shared/search-terms.ts';

const finds = (typed: string, ...texts: string[]): boolean => matchesTerms(texts, searchTerms(typed));

describe('searching', () => {
  it('wants all words, in any order, wherever they are', () => {
    expect(finds('plate run7', 'run7/plate_02.csv')).toBe(true);
    expect(finds('plate ifng', 'run7/plate_02.csv', 'IFNG')).toBe(true);
    expect(finds('plate control', 'run7/plate_02.csv', 'IFNG')).toBe(false);
  });

  it('takes two letters as the beginning of a word, three or more also as a part of one', () => {
    expect(finds('pl', 'run7/plate_02.csv')).toBe(true);
    expect(finds('02', 'run7/plate_02.csv')).toBe(true);
    expect(finds('la', 'run7/plate_02.csv')).toBe(false);
    expect(finds('lat', 'run7/plate_02.csv')).toBe(true);
    expect(searchTerms('p')).toEqual([]);
    expect(searchTerms('p pl')).toEqual([`${WORD_START}pl`]);
  });

  it('ignores case, accents, Unicode forms and the kind of separator', () => {
    expect(finds('GROSSE', 'große')).toBe(false);
    expect(finds('größe', 'Gro\u0308ße.txt')).toBe(true);
    expect(finds('grö', 'GRO\u0308SSE')).toBe(true);
    expect(finds('plate-02', 'run7/Plate 02')).toBe(true);
    expect(finds('σας', 'ΣΑΣ.dat')).toBe(true);
    expect(finds('細胞', '単細胞データ')).toBe(true);
    expect(finds('.csv', 'a.csv')).toBe(true);
  });

  it('finds every text by any of its words and parts of three letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(40), (text, start) => {
        for (const word of text.split(/\s+/u)) expect(finds(word, `before/${text}`)).toBe(true);
        const part = /[a-z]{3,}/.exec(text.slice(start))?.[0];
        if (part !== undefined && !text.slice(start).includes('\u0300')) expect(finds(part, text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('stays bounded for anything that is typed', () => {
    expect(searchTerms('ab '.repeat(1000))).toHaveLength(1);
    expect(searchTerms(Array.from({ length: 100 }, (_, i) => `word${String(i)}`).join(' ')).length).toBeLessThanOrEqual(
      20,
    );
    expect(searchTerms('\ud800\0\n"*^')).toEqual([]);
  });
});
