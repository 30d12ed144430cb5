import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { checkKey, LONGEST_KEY } from '../../shared/keys.ts';

function problemOf(key: string, fileName?: string): BenchkeepError | null {
  try {
    expect(checkKey(key, fileName)).toBe(key);
    return null;
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    expect(error.code).toBe('invalid_key');
    expect(error.remedy).toMatch(/\.$/);
    expect(error.message).not.toMatch(/[\u0000-\u001f]/u); // eslint-disable-line no-control-regex
    return error;
  }
}

describe('S-07 checkKey', () => {
  it.each([
    'a.csv',
    'run7/plate 1.fcs',
    'Größe/測定.csv',
    'Gro\u0308\u00dfe/a.csv',
    'a/..b/c..d/...e',
    '100%.csv',
    '50%2B.csv',
    'a:b.csv'.replace('a:', 'ab:'),
    '-rf',
    '.hidden/file',
    '.lamindbx/file',
    '🧬.csv',
    'it\'s "quoted".csv',
    'x'.repeat(LONGEST_KEY),
    '🧬'.repeat(LONGEST_KEY),
  ])('takes %j as it is', (key) => {
    expect(problemOf(key)).toBeNull();
  });

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/..',
    './a',
    'a/./b',
    '/a',
    '//server/share/a',
    'a//b',
    'a/',
    'C:/a',
    'C:a',
    'c:',
    'a\\b',
    '..\\a',
    '\\\\server\\share',
    'a\0b',
    'a\nb',
    'a\u0085b',
    'a\u2028b',
    '.. /a',
    'a/. ./b',
    '.../a',
    ' /a',
    '~/a',
    '%2e%2e/a',
    '%2E%2e%2Fa',
    'a/%252e%252e/b',
    '..%2f..%2fetc/passwd',
    '%5c%5cserver',
    'a%00b',
    '%2fetc',
    '.lamindb/a',
    'a/.lamindb/b',
    'a/.LaminDB/b',
    '.lamindb./a',
    '.lamindb::$INDEX_ALLOCATION/a',
    '.lam\u200bindb/a',
    '.ｌamindb/a',
    'LAMIND~1/a',
    '%2elamindb/a',
    's3://bucket/a.csv',
    'file:///etc/passwd',
    'a\ud800',
    'x'.repeat(LONGEST_KEY + 1),
    '🧬'.repeat(LONGEST_KEY + 1),
  ])('refuses %j', (key) => {
    expect(problemOf(key)).not.toBeNull();
  });

  it.each([
    ['docs/a.csv', 'b.csv', true],
    ['docs/a.CSV', 'b.csv', true],
    ['docs/a.fastq.gz', 'b.fastq.gz', true],
    ['docs/a.gz', 'b.fastq.gz', false],
    ['docs/a.txt', 'b.csv', false],
    ['docs/a', 'b.csv', false],
    ['docs/a.csv', 'README', false],
    ['docs/a', 'README', true],
    ['docs/a.abcdef', 'b.abcdef', true],
    ['docs/a.ABCDEF', 'b.abcdef', true],
    ['docs/a', 'b.abcdef', false],
    ['docs/a.tif', 'b.ome.tif', false],
  ])('a key keeps the ending of its file: %s for %s', (key, fileName, fine) => {
    const problem = problemOf(key, fileName);
    if (fine) expect(problem).toBeNull();
    else expect(problem?.remedy).toMatch(/End the name in \.|Leave that ending out/);
  });

  it('is refused, or stays inside the root it is joined to (property)', () => {
    const nasty = fc.constantFrom(
      ...[
        '..',
        '.',
        '',
        '/',
        '\\',
        '%2e',
        '%2E',
        '%2f',
        '%5c',
        '%25',
        '2e',
        '\0',
        'C:',
        ':',
        '~',
        ' ',
        'a',
        'b.csv',
        '.lamindb',
        '\u202e',
        'é',
        'e\u0301',
        '\ud800',
        '...',
      ],
    );
    const key = fc.oneof(
      fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
      fc
        .array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 })
        .map((parts) => parts.join('/')),
    );
    let taken = 0;
    fc.assert(
      fc.property(key, (text) => {
        if (problemOf(text) !== null) return;
        taken += 1;
        for (const [platform, root] of [
          [path.posix, '/data/root'],
          [path.win32, 'D:\\data\\root'],
        ] as const) {
          for (const name of [text, safelyDecoded(text)]) {
            const joined = platform.resolve(root, name);
            const inside = platform.relative(root, joined);
            expect(inside).not.toBe('');
            expect(inside.split(platform.sep)).not.toContain('..');
            expect(platform.isAbsolute(inside)).toBe(false);
            expect(joined.toLowerCase()).not.toMatch(/[/\\]\.lamindb([/\\]|$)/);
          }
        }
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
