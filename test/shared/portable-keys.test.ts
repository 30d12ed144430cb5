import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableKeyWarnings } from '../../shared/portable-keys.ts';

describe('F-IN21 keys for a portable store', () => {
  it.each([
    ['run 1/plate-1.csv', 'run 1/plate-1.csv'],
    ['a:b.csv', 'a_b.csv'],
    ['what?/x*y.csv', 'what_/x_y.csv'],
    ['<a>|"b".txt', '_a___b_.txt'],
    ['CON', 'CON_'],
    ['con.txt', 'con_.txt'],
    ['aux.tar.gz', 'aux_.tar.gz'],
    ['COM1/lpt9.csv', 'COM1_/lpt9_.csv'],
    ['COM¹', 'COM¹_'],
    ['console.txt', 'console.txt'],
    ['COM10', 'COM10'],
    ['dot./a', 'dot_/a'],
    ['space /a', 'space_/a'],
    ['both. .', 'both___'],
    ['new\nline', 'new_line'],
    ['.hidden', '.hidden'],
    ['Gro\u0308ße', 'Gro\u0308ße'],
  ])('%j → %j', (key, portable) => {
    const result = portableKeyWarnings(key);
    expect(result.key).toBe(portable);
    expect(result.warnings.length > 0).toBe(key !== portable);
    for (const { reason } of result.warnings) expect(reason).toMatch(/^[A-Z].*\.$/);
  });

  it('shortens a name of over 255 bytes and keeps its ending', () => {
    const { key, warnings } = portableKeyWarnings(`${'測'.repeat(100)}.fastq.gz`);
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(255);
    expect(key).toMatch(/^測+\.fastq\.gz$/);
    expect(warnings).toHaveLength(1);
  });

  it('the mapped name has nothing left to warn about, and as many parts (property)', () => {
    const part = fc.array(
      fc.oneof(
        fc.constantFrom('con', 'NUL', 'lpt1', '.', ' ', ':', '?', '\n', 'a', '測'.repeat(90)),
        fc.string({ unit: 'grapheme' }),
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(part, (parts) => {
        const key = parts.join('');
        const mapped = portableKeyWarnings(key).key;
        expect(portableKeyWarnings(mapped)).toEqual({ key: mapped, warnings: [] });
        expect(mapped.split('/')).toHaveLength(key.split('/').length);
      }),
      { numRuns: 5000 },
    );
  });
});
