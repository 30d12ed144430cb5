import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
let file: string;
beforeEach(async () => {
  bench = makeBench();
  const { open } = await bench.instance();
  file = join(rawToDisplay(open.folder), 'registry.db');
  await open.close();
});
afterEach(() => bench.remove());

/** With the rights to alter even what SQLite itself keeps. */
function alter(sql: string): Buffer {
  const db = new Database(file);
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  db.exec(sql);
  db.close();
  return readFileSync(file);
}

test.each([
  ['a trigger', 'CREATE TRIGGER x AFTER INSERT ON change BEGIN UPDATE user SET name = NEW.operation; END'],
  [
    'a trigger on a table of ours that has one',
    'DROP TRIGGER change_is_not_deleted; CREATE TRIGGER change_is_not_deleted AFTER INSERT ON artifact BEGIN DELETE FROM artifact; END',
  ],
  ['a view', 'CREATE VIEW x AS SELECT * FROM user'],
  ['a view in the place of a table', 'ALTER TABLE ulabel RENAME TO hidden; CREATE VIEW ulabel AS SELECT * FROM hidden'],
  ['a generated column', 'ALTER TABLE user ADD COLUMN x TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL'],
  ['a table', 'CREATE TABLE x (y)'],
  ['an index on an expression', 'CREATE INDEX x ON artifact (upper(key))'],
  ['a table less', 'DROP TABLE collection_artifact'],
  ['a protection less', 'DROP TRIGGER change_is_not_altered'],
  [
    'a trigger that bears the name of a table of SQLite',
    "UPDATE sqlite_schema SET name = 'sqlite_stat1', sql = replace(sql, 'change_is_not_altered', 'sqlite_stat1') WHERE name = 'change_is_not_altered'",
  ],
])('S-20 a registry with %s is refused and left as it is', async (_, sql) => {
  const altered = alter(sql);
  await expect(bench.open(await bench.workbench(), 'lab')).rejects.toMatchObject({
    code: expect.stringMatching(/^registry_(?:foreign|corrupt)$/) as string,
    remedy: expect.any(String) as string,
  });
  expect(readFileSync(file).equals(altered)).toBe(true);
});

test('S-20 what SQLite keeps for its planner is nothing strange', async () => {
  alter('ANALYZE');
  const open = await bench.open(await bench.workbench(), 'lab');
  await setSettings(open, { keep_artifacts_local: true });
});

test("S-20 functions that can do harm are not for a database's own use", async () => {
  const open = await bench.open(await bench.workbench(), 'lab');
  expect(open.registry.sqlite.pragma('trusted_schema', { simple: true })).toBe(0);
  expect(() => open.registry.sqlite.prepare("SELECT load_extension('x')").get()).toThrow();
});
