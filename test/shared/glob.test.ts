import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, matchGlob } from '../../shared/glob.ts';

describe('matchGlob', () => {
  it.each([
    ['*.fcs', 'a.fcs', true],
    ['*.fcs', 'run1/day2/a.fcs', true],
    ['*.fcs', 'a.fcs.tmp', false],
    ['*.fcs', 'A.FCS', false],
    ['plate?.csv', 'plate1.csv', true],
    ['plate?.csv', 'plate12.csv', false],
    ['plate?.csv', 'plate🧬.csv', true],
    ['run*/a.csv', 'run7/a.csv', true],
    ['run*/a.csv', 'run7/b/a.csv', false],
    ['run*/a.csv', 'x/run7/a.csv', false],
    ['run*/**', 'run7/b/a.csv', true],
    ['run*/**', 'run7', false],
    ['**/a.csv', 'a.csv', true],
    ['**/a.csv', 'x/y/a.csv', true],
    ['**/a.csv', 'x/ya.csv', false],
    ['x/**/a.csv', 'x/a.csv', true],
    ['x/**/a.csv', 'x/1/2/a.csv', true],
    ['x/**/a.csv', 'xa.csv', false],
    ['a**b', 'axxb', true],
    ['x/a**b', 'x/a/b', false],
    ['*.{csv,tsv}', 'a.tsv', true],
    ['*.{csv,tsv}', 'a.txt', false],
    ['{a,b{1,2}}.csv', 'b2.csv', true],
    ['{a,b{1,2}}.csv', 'b.csv', false],
    ['{run1,x/**/run2}/*.csv', 'x/y/run2/a.csv', true],
    ['{,.hidden}x', 'x', true],
    ['{raw/**,*.csv}', 'raw/a/b', true],
    ['{**/raw,b}/x', 'a/raw/x', true],
    ['a{b', 'a{b', true],
    ['a}b,c', 'a}b,c', true],
    ['[a].csv', '[a].csv', true],
    ['a+.csv', 'aa.csv', false],
    ['a.csv', 'aXcsv', false],
    ['*', '.hidden', true],
    ['**', 'a', true],
    ['gr\u00f6\u00dfe*', 'gro\u0308\u00dfe.csv', true],
    ['*', 'new\nline', true],
  ])('%j and %j: %s', (pattern, path, fits) => {
    expect(matchGlob(pattern, path)).toBe(fits);
  });

  it('ignores case where asked', () => {
    expect(matchGlob('*.FCS', 'a.fcs', { ignoreCase: true })).toBe(true);
    expect(matchGlob('RUN?/{A,B}', 'run1/b', { ignoreCase: true })).toBe(true);
  });

  it('refuses a pattern without end', () => {
    expect(() => compileGlob('*'.repeat(501))).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
    expect(() => compileGlob('')).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('agrees with a plain recursive reading of the pattern (property)', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', '**', '/', '{a,b}', '{,ab/}', '{a*,?b}', '{**/a,b/**}');
    const letter = fc.constantFrom('a', 'b', '/');
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.array(letter, { maxLength: 7 }),
        (pieces, letters) => {
          const pattern = pieces.join('');
          const path = letters.join('');
          const compared = pattern.includes('/') ? path : path.slice(path.lastIndexOf('/') + 1);
          expect(matchGlob(pattern, path), `${pattern} on ${path}`).toBe(
            expand(pattern).some((plain) => reads(plain, compared, true)),
          );
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it('S-12 needs work in proportion to pattern × path, whatever the pattern (property)', () => {
    const hostile = fc.oneof(
      fc.constant('*a'.repeat(250)),
      fc.constant('**/'.repeat(166)),
      fc.constant('{a,a}'.repeat(100)),
      fc.constant(`${'{*,'.repeat(80)}a${'}'.repeat(80)}`),
      fc
        .array(fc.constantFrom('*', '?', '{', '}', ',', '/', 'a', '**/'), { minLength: 1, maxLength: 160 })
        .map((all) => all.join('')),
    );
    const started = performance.now();
    fc.assert(
      fc.property(hostile, (pattern) => {
        matchGlob(pattern, `${'a'.repeat(1000)}b`);
        matchGlob(pattern, `${'a/'.repeat(500)}b`);
      }),
      { numRuns: 60 },
    );
    // Backtracking would need longer than the age of the universe for the first of these.
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

/** Every choice of the braces written out, between marks. Innermost braces first. */
function expand(pattern: string): string[] {
  const found = /\{([^{}]*)\}/.exec(pattern);
  if (found === null) return [pattern];
  const [before, after] = [pattern.slice(0, found.index), pattern.slice(found.index + found[0].length)];
  return (found[1] ?? '').split(',').flatMap((choice) => expand(`${before}\u0001${choice}\u0002${after}`));
}

/** `begins`: at the start of a name. `\u0001` and `\u0002` stand where braces were: stars beside them don't join. */
function reads(pattern: string, text: string, begins: boolean): boolean {
  if (pattern === '') return text === '';
  const first = pattern.charAt(0);
  const rest = pattern.slice(1);
  if (first === '\u0001') return reads(rest, text, begins);
  if (first === '\u0002') return reads(rest, text, false);
  const stars = /^\*+/.exec(pattern)?.[0].length ?? 0;
  const after = pattern.slice(stars);
  if (stars === 2 && begins && after.startsWith('/')) {
    const then = after.slice(1);
    return reads(then, text, true) || [...text].some((c, i) => c === '/' && reads(then, text.slice(i + 1), true));
  }
  if (stars === 2 && begins && /^\u0002*$/u.test(after)) return true; // eslint-disable-line no-control-regex
  if (stars > 0) {
    const name = /^[^/]*/.exec(text)?.[0] ?? '';
    return Array.from({ length: name.length + 1 }, (_, i) => text.slice(i)).some((left) => reads(after, left, false));
  }
  if (text === '' || (first === '?' ? text.startsWith('/') : !text.startsWith(first))) return false;
  return reads(rest, text.slice(1), first === '/');
}
