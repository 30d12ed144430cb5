import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchesTerms, searchTerms } from '../../shared/search-terms.ts';
import { findByRareWords } from '../../src-main/registry/search/find-by-rare-words.ts';
import {
  artifactRow,
  insertLabel,
  insertLink,
  insertStorage,
  openTestRegistry,
  type TestRegistry,
} from './open-test-registry.ts';

const WORDS = [
  'plate',
  'Plate',
  'PLATÉ',
  'label',
  'labelled',
  '45',
  '451',
  '12',
  'fcs',
  'Größe',
  'ﬁlter',
  'straße',
  'data',
];
const TYPED = [
  'plate',
  'lat',
  'late',
  '45',
  '12',
  'fcs',
  'label',
  'abelle',
  'grosse',
  'filter',
  'strasse',
  'data',
  'zzzz',
];
const LABELS = ['plate 45', 'Label 12', 'Dätä label'];

let test: TestRegistry;
let texts: Map<number, (string | null)[]>;

/** Pseudo-random, the same each time. */
const pick = <T>(list: readonly T[], n: number): T => list[((n * 2654435761) >>> 7) % list.length] as T;

beforeAll(async () => {
  test = await openTestRegistry();
  texts = new Map();
  await test.write((write) => {
    insertStorage(write, 'storage00001', test.folder);
    for (const [i, name] of LABELS.entries()) insertLabel(write, `label00${String(i)}`, name);
    for (let i = 1; i <= 250; i++) {
      const key = i % 9 === 0 ? null : `${pick(WORDS, i)}_${pick(WORDS, i * 7)}/${pick(WORDS, i * 31)}.fcs`;
      const description = i % 4 === 0 ? `${pick(WORDS, i * 13)} ${pick(WORDS, i * 17)}` : null;
      const [id = 0] = write.insert('artifact', [
        artifactRow(i, { key, description, visibility: i % 11 === 0 ? -1 : 1, is_latest: i % 13 === 0 ? 0 : 1 }),
      ]);
      const label = i % 3 === 0 ? pick([1, 2, 3], i * 5) : null;
      if (label !== null) insertLink(write, id, label);
      if (i % 11 !== 0 && i % 13 !== 0)
        texts.set(id, [key, description, label === null ? null : (LABELS[label - 1] ?? null)]);
    }
  });
});
afterAll(() => test.close());

describe('a search of several words', () => {
  it('finds the same by its rare words as by all', async () => {
    let looked = 0;
    const bounds = { probed: 0, broadUntil: 120, mostLookedAt: 1000, mostLabels: 10 };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...TYPED), { minLength: 1, maxLength: 4 }), async (typed) => {
        const terms = searchTerms(typed.join(' '));
        const found = await findByRareWords(test.registry.db, terms, bounds);
        if (found === null) return;
        looked++;
        const wanted = [...texts].filter(([, text]) => matchesTerms(text, terms)).map(([id]) => id);
        expect(found).toEqual(wanted);
      }),
      { numRuns: 400 },
    );
    expect(looked).toBeGreaterThan(100);
  });

  it('asks the index for all where the rare words leave many, or labels are many', async () => {
    const bounds = { probed: 0, broadUntil: 120, mostLookedAt: 1000, mostLabels: 10 };
    const terms = searchTerms('plate 45');
    expect(await findByRareWords(test.registry.db, terms, bounds)).not.toBeNull();
    expect(await findByRareWords(test.registry.db, terms, { ...bounds, mostLookedAt: 3 })).toBeNull();
    expect(await findByRareWords(test.registry.db, terms, { ...bounds, mostLabels: 2 })).toBeNull();
    expect(await findByRareWords(test.registry.db, searchTerms('45'), bounds)).toBeNull();
  });
});
