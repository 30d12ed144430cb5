import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';
import { openMigrating } from './children/migrate.ts';

let bench: Bench;
let folder: string;
let version: number;
beforeEach(async () => {
  bench = makeBench();
  const { open } = await bench.instance();
  folder = rawToDisplay(open.folder);
  await setSettings(open, { keep_artifacts_local: true });
  version = Number(open.registry.sqlite.pragma('user_version', { simple: true }));
  await open.close();
});
afterEach(() => bench.remove());

/** Version, tables and the log, read by a connection that is not the program's. */
function content(file = join(folder, 'registry.db')): {
  version: unknown;
  tables: unknown;
  changes: unknown;
  sound: unknown;
} {
  const db = new Database(file, { readonly: true });
  try {
    return {
      version: db.pragma('user_version', { simple: true }),
      tables: db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all(),
      changes: db.prepare('SELECT * FROM change ORDER BY id').all(),
      sound: db.pragma('integrity_check', { simple: true }),
    };
  } finally {
    db.close();
  }
}

const backups = (): string[] => readdirSync(join(folder, 'backups')).sort();

test('F-DB16 a migration that fails leaves the old version as it was, with a backup; the next start tries again', async () => {
  const before = content();
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(openMigrating(bench.home, 'throws')).rejects.toThrow('does not work out');
  expect(content()).toEqual(before);
  expect(backups()).toHaveLength(1);
  const backup = join(folder, 'backups', backups()[0] ?? '');
  expect(content(backup)).toEqual(before);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  // An older program opens it as if nothing had been tried.
  await (await bench.open(await bench.workbench(), 'lab')).close();
  const databases = await openMigrating(bench.home, 'whole');
  await databases.close();
  expect(content()).toMatchObject({ version: version + 1, changes: before.changes, sound: 'ok' });
});

test('F-DB16 the third failure is the last for a day: it says so, and what to do; another version tries again', async () => {
  for (let attempt = 0; attempt < 3; attempt++)
    await expect(openMigrating(bench.home, 'throws')).rejects.toThrow('does not work out');
  const before = content();
  await expect(openMigrating(bench.home, 'whole')).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('it was tried 3 times') as string,
    remedy: expect.stringContaining('use the Benchkeep that you had before') as string,
  });
  expect(content()).toEqual(before);
  // Whose migrations are those that the registry has seen.
  await (await bench.open(await bench.workbench(), 'lab')).close();
  await (await openMigrating(bench.home, 'whole', Date.now() + 25 * 3_600_000)).close();
  expect(content()).toMatchObject({ version: version + 1, sound: 'ok' });
});

test('F-DB16 a backup of an earlier try is not taken for one of what was written since', async () => {
  await expect(openMigrating(bench.home, 'throws')).rejects.toThrow();
  const open = await bench.open(await bench.workbench(), 'lab');
  await setSettings(open, { keep_artifacts_local: false });
  await open.close();
  const before = content();
  await (await openMigrating(bench.home, 'whole')).close();
  const newest = backups().find((name) => name.includes(`change-${String((before.changes as unknown[]).length)}.`));
  expect(content(join(folder, 'backups', newest ?? 'none'))).toEqual(before);
});

test(
  'F-DB16 killed inside the migration or around its backup, the registry has its old version whole and the next start brings the new one',
  { timeout: 120_000 },
  async () => {
    const child = join(import.meta.dirname, 'children', 'migrate.ts');
    const before = content();
    const kept = join(bench.base, 'kept.db');
    copyFileSync(join(folder, 'registry.db'), kept);
    const points = ['fs.makeFolder.after#1', 'fs.rename.before#1', 'fs.rename.after#1', null];
    for (const [day, point] of points.entries()) {
      const env = { ...process.env, ...(point === null ? {} : { BK_FAILPOINT: `${point}=kill` }) };
      const run = spawnSync(
        process.execPath,
        [child, bench.home, point === null ? 'killed' : 'whole', String(day * 2)],
        {
          env,
          encoding: 'utf8',
        },
      );
      expect(run.signal, `${String(point)} ${run.stderr}`).toBe('SIGKILL');
      expect(readdirSync(join(folder, 'backups')).length).toBeLessThanOrEqual(2);
      expect(content()).toEqual(before);
    }
    const databases = await openMigrating(bench.home, 'whole');
    await databases.close();
    expect(content()).toMatchObject({ version: version + 1, changes: before.changes, sound: 'ok' });
    expect(backups()).toHaveLength(1);
    expect(content(join(folder, 'backups', backups()[0] ?? ''))).toEqual(content(kept));
  },
);

test.skipIf(whyNoMounts() !== null)(
  'F-DB16, F-DB05 on a full disk neither backup nor migration is half; with space again it goes on',
  { timeout: 60_000 },
  () => {
    const results = runWithMounts(
      join(import.meta.dirname, 'children', 'migrate-on-full-disk.ts'),
      bench.base,
      bench.home,
    );
    expect(results).toEqual({
      'no space for the backup': ['disk_full', []],
      'no space for the migration': ['disk_full', 1],
      'space again': version + 1,
    });
  },
);
