import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registryWork, setSettings } from '../../src-main/instance/index.ts';
import { repairRegistry, type Repaired } from '../../src-main/instance/repair-registry.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { findStorage } from '../../src-main/storage/index.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';
import { makeInstance, newBase, openCrashBench, put, watchedRoot } from './crash/crash-bench.ts';
import { examine } from './crash/oracle.ts';

let base: string;
let folder: string;
let id: string;
const file = (): string => join(folder, 'registry.db');
beforeEach(async () => {
  base = newBase();
  const bench = await makeInstance(base);
  folder = rawToDisplay(bench.context.folder);
  for (const name of ['a.csv', 'b.csv', 'sub/ü.csv']) put(base, name, `content of ${name}\n`);
  await bench.pass();
  const { fs, folder: raw, instanceUid: uid } = bench.context;
  ({ id } = await registryWork(fs).makeBackup({ folder: raw, uid, kind: 'manual', now: Date.now() }));
  put(base, 'later.csv', 'later\n');
  await bench.pass();
  await setSettings(bench.context, { keep_artifacts_local: true });
  await bench.close();
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

/** Zeros where the table or index begins. */
function wipe(name: string, length = 4096): Buffer {
  const db = new Database(file(), { readonly: true });
  const page = Number(db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(name));
  db.close();
  const bytes = readFileSync(file());
  bytes.fill(0, (page - 1) * 4096, (page - 1) * 4096 + length);
  writeFileSync(file(), bytes);
  return bytes;
}

async function repair(): Promise<Repaired> {
  return repairRegistry(await openBenchWorkbench(join(base, 'home')), { name: 'lab' });
}

/** After opening and a look at the folder: the keys that are there, everything sound. */
async function keysAfterRescan(): Promise<string[]> {
  const bench = await openCrashBench(base);
  expect(bench.context.warnings).toEqual([]);
  await bench.pass();
  await bench.pass();
  const rows = await bench.context.registry.db.selectFrom('artifact').select('key').orderBy('key').execute();
  const states = await bench.context.registry.db.selectFrom('artifact').select('state').distinct().execute();
  expect(states).toEqual([{ state: 'ok' }]);
  await bench.close();
  expect(examine(folder, watchedRoot(base), [], join(base, 'home')).violations).toEqual([]);
  return rows.map(({ key }) => key ?? '');
}

const ALL = ['a.csv', 'b.csv', 'later.csv', 'sub/ü.csv'];

test('F-DB11 a damaged index is made anew: no record is lost, and the damaged file lies aside as it was', async () => {
  const damaged = wipe('artifact_by_size');
  const { message, aside } = await repair();
  expect(message).toContain('no record is lost');
  expect(readFileSync(join(aside, 'registry.db')).equals(damaged)).toBe(true);
  expect(await keysAfterRescan()).toEqual(ALL);
});

test('F-DB11 damaged records come back from the backup and the change log after it', async () => {
  wipe('artifact');
  const { message } = await repair();
  expect(message).toContain(`from the backup ${id} and the`);
  expect(message).toContain('No change is lost');
  const bench = await openCrashBench(base);
  const { keep_artifacts_local: kept } = await bench.context.registry.db
    .selectFrom('instance')
    .select('keep_artifacts_local')
    .executeTakeFirstOrThrow();
  await bench.close();
  expect(kept).toBe(1);
  expect(await keysAfterRescan()).toEqual(ALL);
});

test('F-DB11 without a backup they come back from the change log alone', async () => {
  rmSync(join(folder, 'backups'), { recursive: true });
  wipe('artifact');
  expect((await repair()).message).toContain('from its history of');
  expect(await keysAfterRescan()).toEqual(ALL);
});

test('F-DB11 where the change log is damaged too, the backup is restored and a look at the folders finds the rest', async () => {
  wipe('change');
  const { message } = await repair();
  expect(message).toMatch(/The last \d+ changes could not be read/);
  expect(await keysAfterRescan()).toEqual(ALL);
});

test('F-DB11 a registry that was cut short is repaired', async () => {
  truncateSync(file(), readFileSync(file()).length / 2);
  await repair();
  expect(await keysAfterRescan()).toEqual(ALL);
});

test('F-DB11 with nothing that can be read and no backup it is begun anew under its own name', async () => {
  rmSync(join(folder, 'backups'), { recursive: true });
  writeFileSync(file(), 'nothing of use');
  const { message, aside } = await repair();
  expect(message).toContain('it was begun anew');
  expect(readFileSync(join(aside, 'registry.db'), 'utf8')).toBe('nothing of use');
  const bench = await openCrashBench(base);
  expect(bench.context.instanceName).toBe('lab');
  expect((await findStorage(bench.context.registry.db, join(base, 'lab'))).managed).toBe(1);
  await bench.close();
});

test('F-DB12 files of changes that are gone with the -wal are found again by a look at the folder', async () => {
  const bench = await openCrashBench(base);
  const before = readFileSync(file());
  put(base, 'after.csv', 'after\n');
  await bench.pass();
  await bench.close();
  writeFileSync(file(), before);
  rmSync(`${file()}-wal`, { force: true });
  const again = await openCrashBench(base);
  expect(again.context.warnings).toEqual([
    expect.stringMatching(/The last (\d+ )?changes? of the registry (is|are) gone/),
  ]);
  await again.pass();
  const keys = await again.context.registry.db.selectFrom('artifact').select('key').orderBy('key').execute();
  expect(keys.map(({ key }) => key)).toEqual(['a.csv', 'after.csv', 'b.csv', 'later.csv', 'sub/ü.csv']);
  await again.close();
});

test.each([
  ['is damaged', (path: string) => truncateSync(path, 5000)],
  ['is of another program', (path: string) => writeFileSync(path, 'x'.repeat(200))],
])(
  'a database of this computer that %s is set aside and made anew; a look at the folder changes nothing',
  async (_, spoil) => {
    spoil(join(folder, 'workstation.db'));
    const bench = await openCrashBench(base);
    expect(bench.context.warnings).toEqual([expect.stringContaining('The old file is kept as')]);
    const changes = async (): Promise<number> =>
      (await bench.context.registry.db.selectFrom('change').select('id').execute()).length;
    await bench.pass();
    const n = await changes();
    await bench.pass();
    expect(await changes()).toBe(n);
    const keys = await bench.context.registry.db.selectFrom('artifact').select('key').orderBy('key').execute();
    expect(keys.map(({ key }) => key)).toEqual(ALL);
    await bench.close();
  },
);
