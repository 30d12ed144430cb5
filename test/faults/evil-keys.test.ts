/** Keys that try to lead out of a storage, at the one place where a key comes from outside: `save`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { openArtifacts, type TestArtifacts } from '../artifacts/open-artifacts.ts';

let test_: TestArtifacts;
beforeEach(async () => {
  test_ = await openArtifacts();
});
afterEach(() => test_.close());

const OUT = [
  '..',
  '.',
  '',
  '...',
  '.. ',
  '%2e%2e',
  '%252e%252e',
  '..%2f',
  '~',
  'C:',
  'con',
  '.lamindb',
  '.LAMINDB',
  '\\',
  '..\\..',
  '\0',
  '//server',
  'a:stream',
  '\u2024\u2024',
  '\uff0e\uff0e',
  'etc',
  'a',
];
const key = fc
  .array(fc.constantFrom(...OUT), { minLength: 1, maxLength: 6 })
  .chain((parts) =>
    fc.constantFrom(parts.join('/'), `/${parts.join('/')}`, parts.join('\\'), `${parts.join('/')}/passwd.csv`),
  );

/** Everything but the registry's own files, which change with every write. */
function files(): string[] {
  return readdirSync(test_.base, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('home'))
    .sort();
}

test(
  'S-07 whatever its key, what is saved lies in its storage under its own name, or is refused',
  { timeout: 120_000 },
  async () => {
    const path = test_.put('outside/plate.csv', 'a,b\n');
    let saved = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(key, async (name) => {
        const before = files();
        try {
          const record = await test_.saveOne(path, { key: name, new: true });
          saved++;
          expect(files()).toEqual([...before, `lab/.lamindb/${record.uid}.csv`].sort());
          expect(record.copies.map((copy) => copy.path)).toEqual([join(test_.lab, '.lamindb', `${record.uid}.csv`)]);
          expect(record.key).not.toMatch(/(?:^|[/\\])\.\.?(?:[/\\]|$)|^[/\\]/);
        } catch (error) {
          if (!(error instanceof BenchkeepError)) throw error;
          refused++;
          expect(error.code).toBe('invalid_key');
          expect(files()).toEqual(before);
        }
      }),
      { numRuns: 400, seed: 20_261_101 },
    );
    expect(refused).toBeGreaterThan(150);
    expect(saved).toBeGreaterThan(0);
  },
);
