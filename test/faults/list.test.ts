import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const project = resolve(import.meta.dirname, '../..');

interface Row {
  id: string;
  files: string[];
  /** What is said beside the files. */
  words: string;
}

const rows: Row[] = readFileSync(join(project, 'docs/faults.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, id = '', , tried = ''] = line.split('|').map((cell) => cell.trim());
    if (!/^(?:F-[A-Z]{2}\d\d|S-\d\d)$/.test(id)) return [];
    // A path in the middle of a sentence is named beside the tests.
    const list = /^`test\/[^`]+`(?:, `test\/[^`]+`)*/.exec(tried)?.[0] ?? '';
    return [
      { id, files: [...list.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file), words: tried.slice(list.length) },
    ];
  });

/** The names of the tests of a file, as far as they are written out. */
function names(file: string): string[] {
  return [
    ...readFileSync(join(project, file), 'utf8').matchAll(
      /(?<quote>['"`])(?<text>(?:(?!\k<quote>)[^\n\\]|\\.)*)\k<quote>/g,
    ),
  ].map(({ groups }) => groups?.['text'] ?? '');
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n + 1).padStart(2, '0')}`);

test('every fault of files, folders, the registry, the trash and the program is in the list once', () => {
  const ids = rows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      ...numbered('F-IN', 28),
      ...numbered('F-WA', 17),
      ...numbered('F-DB', 22),
      ...numbered('F-TR', 8),
      ...numbered('F-AP', 9),
    ]),
  );
});

test.each(rows)('what the list says of $id is there', ({ id, files, words }) => {
  for (const file of files) {
    expect(existsSync(join(project, file)), file).toBe(true);
    expect(
      names(file).filter((name) => name.includes(id)),
      `${id} in the names of ${file}`,
    ).not.toEqual([]);
  }
  if (files.length === 0) expect(words).toMatch(/\.$/);
});
