/** The judge of the crash tests has to see what it is there to see: each kind of damage, done by hand, is found. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addLabels } from '../../../src-main/annotation/index.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { makeInstance, newBase, put, watchedRoot } from './crash-bench.ts';
import { examine, type Examined } from './oracle.ts';
import type { Acknowledged } from './operations.ts';

let base: string;
let folder: string;
beforeAll(async () => {
  base = newBase();
  const bench = await makeInstance(base);
  for (const name of ['a.csv', 'b.csv', 'c.csv']) put(base, name, name);
  await bench.pass();
  put(base, 'a.csv', 'another content');
  await bench.pass();
  await addLabels(bench.context, { artifacts: ['b.csv'], labels: ['control'], create_missing: true });
  await bench.close();
  folder = rawToDisplay(bench.context.folder);
});
afterAll(() => {
  rmSync(base, { recursive: true });
});

const judged = (acknowledged: Acknowledged[] = []): Examined =>
  examine(folder, watchedRoot(base), acknowledged, join(base, 'home'));

/** Runs the statements on a copy of the database and puts the right one back afterwards. */
function damaged(file: 'registry.db' | 'workstation.db', sql: string): string[] {
  const db = new Database(join(folder, file));
  db.pragma('foreign_keys = OFF');
  const good = db.serialize();
  try {
    db.exec('DROP TRIGGER IF EXISTS change_is_not_altered; DROP TRIGGER IF EXISTS change_is_not_deleted');
    db.exec(sql);
    db.close();
    return judged().violations;
  } finally {
    for (const end of ['-wal', '-shm']) rmSync(join(folder, `${file}${end}`), { force: true });
    writeFileSync(join(folder, file), good);
  }
}

test('F-DB01 the judge finds nothing wrong where nothing is', () => {
  expect(judged([{ kind: 'label', name: 'control', key: 'b.csv', on: true }]).violations).toEqual([]);
});

test.each<[what: string, file: 'registry.db' | 'workstation.db', sql: string, says: RegExp]>([
  [
    'a change that was altered',
    'registry.db',
    "UPDATE change SET operation = 'x' WHERE id = 3",
    /chain breaks at change 3/,
  ],
  ['a change that is gone', 'registry.db', 'DELETE FROM change WHERE id = (SELECT max(id) FROM change)', /head file/],
  [
    'a row without its change',
    'registry.db',
    "UPDATE artifact SET description = 'x' WHERE key = 'b.csv'",
    /its log says/,
  ],
  [
    'a copy that its log does not know',
    'registry.db',
    "UPDATE copy SET verified_at = 'x'",
    /copy \d+ is .*its log says/,
  ],
  ['a record that is gone', 'registry.db', "DELETE FROM artifact WHERE key = 'c.csv'", /c\.csv was not found/],
  [
    'two newest versions',
    'registry.db',
    "DROP INDEX artifact_latest; UPDATE artifact SET is_latest = 1 WHERE key = 'a.csv'",
    /2 newest versions/,
  ],
  [
    'a record of other content',
    'registry.db',
    "UPDATE artifact SET sha256 = replace(sha256, substr(sha256, 1, 1), 'f') WHERE key = 'b.csv'",
    /does not hash to its record/,
  ],
  ['a link to nothing', 'registry.db', 'DELETE FROM ulabel', /foreign_key_check/],
  [
    'a file marked missing wrongly',
    'registry.db',
    "UPDATE artifact SET state = 'missing' WHERE key = 'b.csv'",
    /b\.csv is missing/,
  ],
  ['a file that can not be searched', 'registry.db', 'DELETE FROM search_shown WHERE rowid = 2', /can be searched/],
  ['a wrong count', 'registry.db', "UPDATE facet_count SET n = n + 1 WHERE facet = 'suffix'", /counts by suffix/],
  [
    'an inventory that does not agree',
    'workstation.db',
    "UPDATE inventory SET sha256 = 'x' WHERE name = CAST('b.csv' AS BLOB)",
    /inventory of b\.csv/,
  ],
])('F-DB01 the judge finds %s', (_, file, sql, says) => {
  expect(damaged(file, sql).join('\n')).toMatch(says);
  expect(judged().violations).toEqual([]);
});

test('F-DB01 the judge finds what was confirmed and is not there, and what was left behind', () => {
  const lost: Acknowledged[] = [
    { kind: 'artifact', key: 'never.csv', sha256: 'x' },
    { kind: 'label', name: 'other', key: 'b.csv', on: true },
    { kind: 'storage', root: '/nowhere', there: true },
  ];
  expect(judged(lost).violations).toHaveLength(3);
  const left = join(folder, '.benchkeep-0011.tmp');
  writeFileSync(left, '');
  expect(judged().violations).toHaveLength(1);
  rmSync(left);
  appendFileSync(join(watchedRoot(base), 'b.csv'), 'x');
  expect(judged().violations).toEqual(['b.csv does not hash to its record']);
});
