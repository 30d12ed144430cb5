import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchGlob } from '../../shared/glob.ts';
import { JUNK_NAMES, junkReason } from '../../shared/junk-names.ts';

describe('F-IN04 junk and temporary names', () => {
  it.each([
    '~$report.docx',
    'a.tmp',
    'A.TMP',
    '~WRL0001.tmp',
    'x.part',
    'x.fcs.crdownload',
    '.~lock.a.ods#',
    '.DS_Store',
    'Thumbs.db',
    'desktop.ini',
    '._a.fcs',
    '.a.txt.swp',
    '.nfs000001',
    'x.partial',
    'x.download',
    '.fuse_hidden0001',
    '.Trash-1000',
    '.Trashes',
    'System Volume Information',
    '$RECYCLE.BIN',
    '.lamindb',
    'lost+found',
    '@eaDir',
    'Icon\r',
  ])('leaves out %j', (name) => {
    expect(junkReason(name)).toMatch(/^[A-Z]/);
  });

  it.each([
    'a.fcs',
    'tmp',
    'tmp.csv',
    'part',
    'a.part1.rar',
    'a.tmp.csv',
    'download',
    '.hidden.csv',
    '~a.csv',
    '.git',
    '.lamindb2',
    'thumbs.db.csv',
    'icon',
    '$a',
    'ds_store',
    'x.partx',
    '_',
    'новый.csv',
    '',
  ])('keeps %j', (name) => {
    expect(junkReason(name)).toBeNull();
  });

  it('every pattern of the list is lower case, used once, and fits in one name', () => {
    const patterns = JUNK_NAMES.map(([pattern]) => pattern);
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const pattern of patterns) expect(pattern).toBe(pattern.toLowerCase());
    for (const pattern of patterns) expect(pattern).toMatch(/^[^*/?{}]*\*?[^*/?{}]*$/);
  });

  it('reads its patterns as globs that ignore case (property)', () => {
    const some = fc.constantFrom(...JUNK_NAMES.map(([pattern]) => pattern));
    const middle = fc.string({ unit: fc.constantFrom('a', '.', '~', '_', 'B'), maxLength: 3 });
    fc.assert(
      fc.property(some, middle, middle, (pattern, inside, after) => {
        const name = (pattern.replace('*', inside) + after).toUpperCase();
        const junk = JUNK_NAMES.some(([one]) => matchGlob(one, name, { ignoreCase: true }));
        expect(junkReason(name) !== null, name).toBe(junk);
      }),
      { numRuns: 3000 },
    );
  });
});
