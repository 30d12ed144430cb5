import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registryThreads } from '../../src-main/engine/registry-client.ts';
import {
  keepBackups,
  oneByOne,
  registryWork,
  setSettings,
  watchRegistry,
  type OpenInstance,
  type RegistryWork,
} from '../../src-main/instance/index.ts';
import { dueBackup } from '../../src-main/instance/keep-backups.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';
import { fakeClock } from '../watching/fake-clock.ts';
import { makeBench, type Bench } from './open-bench.ts';

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;

let bench: Bench;
let open: OpenInstance;
let work: RegistryWork;
let backups: string;
let now = Date.parse('2026-03-01T10:00:00Z');
beforeEach(async () => {
  // The first change of each test is one.
  turn = false;
  bench = makeBench();
  ({ open } = await bench.instance());
  work = oneByOne(registryWork(open.fs));
  backups = join(rawToDisplay(open.folder), 'backups');
  now = Date.parse('2026-03-01T10:00:00Z');
});
afterEach(() => bench.remove());

const make = (kind: 'daily' | 'weekly' | 'manual', at = now): ReturnType<RegistryWork['makeBackup']> =>
  work.makeBackup({ folder: open.folder, uid: open.instanceUid, kind, now: at });
const list = (at = now): ReturnType<RegistryWork['listBackups']> =>
  work.listBackups({ folder: open.folder, uid: open.instanceUid, now: at });
const file = (id: string): string => join(backups, `${id}.db`);
let turn = false;
const change = (): Promise<unknown> => setSettings(open, { keep_artifacts_local: (turn = !turn) });

/** Some bytes in the middle of a page that is in use. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  const db = new Database(path, { readonly: true });
  const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'change'").pluck().get());
  db.close();
  bytes.fill(0xa5, (page - 1) * 4096, (page - 1) * 4096 + 64);
  writeFileSync(path, bytes);
}

test('F-DB20 a backup is a whole registry of its own, for this user alone, proven', async () => {
  await change();
  const made = await make('manual');
  expect(made).toMatchObject({ kind: 'manual', good: true, reason: null, created_at: '2026-03-01T10:00:00.000Z' });
  expect(readdirSync(backups).sort()).toEqual([`${made.id}.db`, 'proven.json']);
  expect(statSync(file(made.id)).mode & 0o777).toBe(0o600);
  const db = new Database(file(made.id), { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  expect(db.prepare('SELECT max(id) FROM change').pluck().get()).toBe(made.last_change);
  db.close();
  expect((await list()).map(({ record }) => record)).toEqual([made]);
});

test('F-DB20 one that was damaged on disk is listed as not good, with why, and not counted for being due or for keeping', async () => {
  const first = await make('daily', now - DAY * 2);
  const second = await make('daily', now - HOUR);
  expect(dueBackup(await list(), now)).toBe(null);
  flip(file(second.id));
  const found = await list();
  expect(found.map(({ id, record }) => [id, record.good])).toEqual([
    [second.id, false],
    [first.id, true],
  ]);
  expect(found[0]?.record.reason).toMatch(/damaged|not what was written|can't be read/);
  expect(dueBackup(found, now)).not.toBe(null);
});

test('F-DB20 files of others in the folder are no backups; one of another instance is not good', async () => {
  const made = await make('manual');
  const other = makeBench();
  const { open: foreign } = await other.instance();
  await foreign.close();
  copyFileSync(join(rawToDisplay(foreign.folder), 'registry.db'), file(made.id));
  writeFileSync(join(backups, 'notes.db'), 'x');
  await other.remove();
  expect((await list()).map(({ record }) => [record.id, record.good, record.reason])).toEqual([
    [made.id, false, 'It is of another instance'],
  ]);
});

test('seven daily and four weekly ones are kept, all that people made themselves, and no clock removes any', async () => {
  const manual = await make('manual');
  for (let n = 0; n < 9; n++) await make('daily', now + n * DAY);
  for (let n = 0; n < 5; n++) await make('weekly', now + n * 7 * DAY);
  await make('daily', now - 3650 * DAY);
  const kinds = (await list()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'daily')).toHaveLength(7);
  expect(kinds.filter((kind) => kind === 'weekly')).toHaveLength(4);
  expect((await list()).map(({ id }) => id)).toContain(manual.id);
});

test('F-DB20 a damaged backup never pushes a good one out', async () => {
  const made = [];
  for (let n = 0; n < 7; n++) made.push((await make('daily', now + n * DAY)).id);
  flip(file(made.at(-1) ?? ''));
  await make('daily', now + 7 * DAY);
  expect((await list()).map(({ id }) => id)).toContain(made[0]);
  await make('daily', now + 8 * DAY);
  expect((await list()).map(({ id }) => id)).not.toContain(made[0]);
});

test('a damaged registry gives no backup: it is said, and the earlier ones stay', async () => {
  const before = await make('daily');
  await open.close();
  flip(join(rawToDisplay(open.folder), 'registry.db'));
  await expect(make('daily')).rejects.toMatchObject({ code: 'registry_corrupt' });
  expect(readdirSync(backups).filter((name) => name.endsWith('.db'))).toEqual([`${before.id}.db`]);
});

test('while a large backup is made, what is written is neither held up nor left out of the next one', async () => {
  const threads = registryThreads();
  const running = threads.makeBackup({ folder: open.folder, uid: open.instanceUid, kind: 'manual', now });
  let done = false;
  void running.finally(() => (done = true));
  let meanwhile = 0;
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    await change();
    if (!done) meanwhile += 1;
  }
  const made = await running;
  expect(made.good).toBe(true);
  // One may come before it begins, and the next would have to wait for its end. How long: `npm run bench held-up`.
  expect(meanwhile).toBeGreaterThan(2);
  await threads.close();
  expect((await make('manual')).last_change).toBeGreaterThan(made.last_change);
});

test('F-DB20 daily: made when nobody writes, not again the same day, and again the next', async () => {
  const clock = fakeClock();
  let said = 0;
  const keeper = keepBackups({ ...open, clock, onWarning: () => (said += 1) }, work);
  const made = async (): Promise<string[]> => (await list(clock.now())).map(({ kind }) => kind);
  await clock.advance(30_000);
  keeper.committed();
  await clock.advance(30_000);
  expect(await made()).toEqual([]);
  await expect
    .poll(async () => {
      await clock.advance(600_000);
      return made();
    })
    .toEqual(['weekly']);
  await clock.advance(HOUR);
  expect(await made()).toEqual(['weekly']);
  await expect
    .poll(async () => {
      await clock.advance(8 * HOUR);
      return made();
    })
    .toEqual(['daily', 'weekly']);
  expect(open.warnings).toEqual([]);
  expect(said).toBe(0);
  await keeper.close();
});

test('F-DB20 a failure of the daily backup is a warning until one is made', async () => {
  const clock = fakeClock();
  let fails = true;
  const failing: RegistryWork = {
    ...work,
    makeBackup: (request) => (fails ? Promise.reject(new Error('no space')) : work.makeBackup(request)),
  };
  const keeper = keepBackups({ ...open, clock, onWarning: () => undefined }, failing);
  await expect
    .poll(async () => {
      await clock.advance(600_000);
      return open.warnings;
    })
    .toEqual([expect.stringContaining('The daily backup of the registry failed: no space')]);
  fails = false;
  await expect
    .poll(async () => {
      await clock.advance(600_000);
      return open.warnings;
    })
    .toEqual([]);
  expect(await list(clock.now())).toHaveLength(1);
  await keeper.close();
});

test('F-DB18 a registry that was replaced while it is open is noticed within a minute, without anybody writing', async () => {
  const clock = fakeClock();
  const stop = watchRegistry({ ...open, clock, onWarning: () => undefined }, work);
  const path = join(rawToDisplay(open.folder), 'registry.db');
  copyFileSync(path, `${path}.other`);
  renameSync(`${path}.other`, path);
  await clock.advance(60_000);
  await expect.poll(() => open.warnings).toEqual([expect.stringContaining('was replaced by another file')]);
  await expect(change()).rejects.toMatchObject({ code: 'registry_foreign' });
  await stop();
});

test('F-DB19 a -wal that grew large is folded in as soon as nobody reads an old state', async () => {
  const clock = fakeClock();
  const wal = join(rawToDisplay(open.folder), 'registry.db-wal');
  const reader = new Database(join(rawToDisplay(open.folder), 'registry.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM change').get();
  await change();
  const stop = watchRegistry({ ...open, clock, largeWal: 1000, onWarning: () => undefined }, work);
  await clock.advance(60_000);
  expect(statSync(wal).size).toBeGreaterThan(1000);
  await change();
  reader.exec('ROLLBACK');
  reader.close();
  await expect
    .poll(async () => {
      await clock.advance(60_000);
      return statSync(wal).size;
    })
    .toBe(0);
  expect(open.warnings).toEqual([]);
  await stop();
});

test('a large registry that was left unclean is looked at while it is open, and damage is said', async () => {
  const clock = fakeClock();
  const path = join(rawToDisplay(open.folder), 'registry.db');
  await change();
  open.registry.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  const page = Number(
    open.registry.sqlite.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'change_uid'").pluck().get(),
  );
  const said: string[] = [];
  const look = { ...open, clock, unchecked: true, onWarning: () => said.push(...open.warnings) };
  await watchRegistry(look, work)();
  expect(said).toEqual([]);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, (page - 1) * 4096);
  closeSync(file);
  const stop = watchRegistry(look, work);
  await expect.poll(() => said).toEqual([expect.stringContaining('benchkeep doctor --repair')]);
  await stop();
});

test.skipIf(whyNoMounts() !== null)(
  'F-DB20, F-DB05 on a full disk no half backup is left and the earlier ones stay',
  () => {
    const result = runWithMounts(join(import.meta.dirname, 'children', 'backup-on-full-disk.ts'), bench.base);
    expect(result).toEqual({ full: 'disk_full', kept: 1, again: 2 });
  },
);
