/** The chips of the filter bar speak the filter language as the engine reads it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../shared/filters/index.ts';
import { filtersOf, nothingChosen, splitTerms } from '../../src-renderer/files/filters.ts';

/** A label's name as the engine lets it be: not empty, no blanks around it. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() === text && text !== '');

describe('filter bar', () => {
  it('one chosen value is read back as itself, whatever is in it', () => {
    fc.assert(
      fc.property(name, (value) => {
        const [filter = ''] = filtersOf({ ...nothingChosen(), ulabel: [value] }, '');
        expect(parseFilter(filter)).toMatchObject({ comparator: 'exact', value });
      }),
    );
  });

  it('several are read back as alternatives', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 5 }), (values) => {
        const [filter = ''] = filtersOf({ ...nothingChosen(), ulabel: values }, '');
        expect(parseFilter(filter)).toMatchObject({ comparator: 'in', values });
      }),
    );
  });

  it('facets are joined, and every term of the text beside them', () => {
    const chosen = { ...nothingChosen(), suffix: ['.fcs', '.csv'], state: ['missing'], storage: ['stor00000001'] };
    expect(filtersOf(chosen, ' size__gt=1000  key__startswith=run7/ ')).toEqual([
      'suffix__in=.fcs,.csv',
      'storage__uid=stor00000001',
      'state=missing',
      'size__gt=1000',
      'key__startswith=run7/',
    ]);
    expect(filtersOf(nothingChosen(), '  ')).toEqual([]);
    for (const filter of filtersOf(chosen, 'size__gt=1000')) expect(() => parseFilter(filter)).not.toThrow();
  });

  it('a blank inside quotes does not end a term', () => {
    expect(splitTerms('ulabels__name__in="day 3",control size__gt=5')).toEqual([
      'ulabels__name__in="day 3",control',
      'size__gt=5',
    ]);
  });
});
