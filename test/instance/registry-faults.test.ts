import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setSettings } from '../../src-main/instance/index.ts';
import { swapRegistry } from '../../src-main/instance/swap-registry.ts';
import { rawFromText, rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';
import { makeBench, type Bench } from './open-bench.ts';

let bench: Bench;
let folder: string;
const registryFile = (): string => join(folder, 'registry.db');
beforeEach(async () => {
  bench = makeBench();
  const { open } = await bench.instance();
  folder = rawToDisplay(open.folder);
  for (let n = 0; n < 6; n++) await setSettings(open, { keep_artifacts_local: n % 2 === 0 });
  await open.close();
});
afterEach(() => bench.remove());

async function openAgain(): Promise<Awaited<ReturnType<Bench['open']>>> {
  return bench.open(await bench.workbench(), 'lab');
}

/** Refused, the file as it was byte for byte, and nothing made beside it that would be taken for a registry. */
async function refusedUntouched(code: string): Promise<void> {
  const before = readFileSync(registryFile());
  await expect(openAgain()).rejects.toMatchObject({ code, remedy: expect.any(String) as string });
  expect(readFileSync(registryFile()).equals(before)).toBe(true);
  // The lock is given back: the next one is told the same, not that it is locked.
  await expect(openAgain()).rejects.toMatchObject({ code });
}

test('a clean stop leaves no -wal, and the head file agrees with the registry', async () => {
  expect(existsSync(`${registryFile()}-wal`)).toBe(false);
  const head = JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')) as { id: number; hash: string };
  const open = await openAgain();
  expect(
    await open.registry.db
      .selectFrom('change')
      .select(['id', 'hash'])
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  ).toEqual(head);
  expect(open.warnings).toEqual([]);
});

test.skipIf(whyNoMounts() !== null)('F-DB10 on a read-only disk everything can be read and writing is refused', () => {
  const before = readFileSync(registryFile());
  const result = runWithMounts(join(import.meta.dirname, 'children', 'read-only-child.ts'), bench.home);
  expect(result).toMatchObject({
    info: { name: 'lab', read_only: expect.stringContaining('reading only') as string, registry: registryFile() },
    storages: 1,
    found: join(bench.base, 'lab'),
    refused: 'registry_read_only',
  });
  expect(readFileSync(registryFile()).equals(before)).toBe(true);
  expect(readdirSync(folder).sort()).toEqual([
    'backups',
    'head.json',
    'instance.json',
    'owner.db',
    'registry.db',
    'workstation.db',
  ]);
});

test('F-DB11 a registry that was cut short is refused and left as it is', async () => {
  truncateSync(registryFile(), statSync(registryFile()).size - 8192);
  await refusedUntouched('registry_corrupt');
});

test.each([
  ['64 bytes', 64],
  ['a page of zeros', 4096],
])('F-DB11 %s of damage are found at the start after an unclean stop', async (_, length) => {
  const open = await openAgain();
  await setSettings(open, { keep_artifacts_local: true });
  // As a kill leaves it: registry and -wal as they are now, with nobody to fold them together.
  const wal = readFileSync(`${registryFile()}-wal`);
  await open.close();
  const bytes = readFileSync(registryFile());
  const root = Number(
    new Database(registryFile(), { readonly: true })
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'change'")
      .pluck()
      .get(),
  );
  bytes.fill(0, (root - 1) * 4096, (root - 1) * 4096 + length);
  writeFileSync(registryFile(), bytes);
  writeFileSync(`${registryFile()}-wal`, wal.subarray(0, 32));
  await refusedUntouched('registry_corrupt');
});

test('F-DB12 a lost -wal is noticed: the head file is ahead, and how many changes are gone is said', async () => {
  const open = await openAgain();
  const before = readFileSync(registryFile());
  await setSettings(open, { keep_artifacts_local: true });
  await setSettings(open, { keep_artifacts_local: false });
  const changes = (await open.registry.db.selectFrom('change').select('id').execute()).length;
  await open.close();
  writeFileSync(registryFile(), before);
  rmSync(`${registryFile()}-wal`, { force: true });
  const again = await openAgain();
  const kept = (await again.registry.db.selectFrom('change').select('id').execute()).length;
  expect(changes - kept).toBeGreaterThan(1);
  expect(again.warnings).toEqual([
    expect.stringContaining(`The last ${String(changes - kept)} changes of the registry are gone`),
  ]);
});

test('F-DB12 a history that was rewritten is noticed too', async () => {
  const head = JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')) as { id: number };
  writeFileSync(join(folder, 'head.json'), JSON.stringify({ id: head.id, hash: 'f'.repeat(64) }));
  expect((await openAgain()).warnings).toEqual([expect.stringContaining('altered outside of Benchkeep')]);
});

test("F-DB14 an empty file, another program's and another instance's registry are refused", async () => {
  const good = readFileSync(registryFile());
  writeFileSync(registryFile(), '');
  await refusedUntouched('registry_foreign');
  writeFileSync(
    registryFile(),
    'just some text that is long enough to be more than a header of one hundred bytes, as it happens to be here',
  );
  await refusedUntouched('registry_foreign');
  rmSync(registryFile());
  const foreign = new Database(registryFile());
  foreign.exec('CREATE TABLE x (y)');
  foreign.close();
  await refusedUntouched('registry_foreign');
  const other = makeBench();
  const { open } = await other.instance();
  await open.close();
  copyFileSync(join(rawToDisplay(open.folder), 'registry.db'), registryFile());
  await other.remove();
  await refusedUntouched('registry_foreign');
  writeFileSync(registryFile(), good);
  expect((await openAgain()).warnings).toEqual([]);
});

test('F-DB14 a registry that is gone is not made anew', async () => {
  rmSync(registryFile());
  await expect(openAgain()).rejects.toMatchObject({ code: 'registry_foreign' });
  expect(existsSync(registryFile())).toBe(false);
});

test('F-DB15, F-AP07 a registry of a newer version is refused and stays byte for byte as it was', async () => {
  const newer = new Database(registryFile());
  newer.pragma(`user_version = ${String(Number(newer.pragma('user_version', { simple: true })) + 1)}`);
  newer.close();
  await refusedUntouched('newer_version');
});

test('an instance that another engine has open is locked, and open again when that one is closed', async () => {
  const open = await openAgain();
  await expect(openAgain()).rejects.toMatchObject({
    code: 'locked',
    details: expect.objectContaining({ pid: process.pid }) as unknown,
  });
  await open.close();
  await (await openAgain()).close();
});

/** As a power cut leaves a file without a log in the middle of a transaction: half of it written, its journal there. */
function halfDone(): void {
  const file = registryFile();
  const db = new Database(file);
  db.pragma('journal_mode = DELETE');
  db.pragma('cache_size = 1');
  db.exec('BEGIN');
  for (let n = 0; n < 500; n++)
    db.prepare('INSERT INTO user (uid, handle, created_at, updated_at) VALUES (?, ?, ?, ?)').run(
      `u${String(n)}`,
      `half ${String(n)} ${'x'.repeat(200)}`,
      '',
      '',
    );
  for (const ending of ['', '-journal']) copyFileSync(`${file}${ending}`, `${file}.half${ending}`);
  db.exec('ROLLBACK');
  db.close();
  for (const ending of ['', '-journal']) renameSync(`${file}.half${ending}`, `${file}${ending}`);
}

async function usersNow(): Promise<number> {
  const open = await openAgain();
  const { length } = await open.registry.db.selectFrom('user').select('id').execute();
  expect(open.readOnly).toBeNull();
  await open.close();
  return length;
}

test('F-DB02 a change that a power cut left half-done in a file without a log is taken back', async () => {
  const before = await usersNow();
  halfDone();
  expect(existsSync(`${registryFile()}-journal`)).toBe(true);
  expect(await usersNow()).toBe(before);
  expect(existsSync(`${registryFile()}-journal`)).toBe(false);
});

test('F-DB02 such a journal goes aside with its registry, and does nothing to the one that is put in its place', async () => {
  const before = await usersNow();
  const workbench = await bench.workbench();
  const from = rawFromText(join(folder, 'other.db'));
  const db = new Database(registryFile());
  await db.backup(join(folder, 'other.db'));
  db.close();
  const uid = (await workbench.fs.readFolder(rawFromText(join(folder, '..')))).find(
    ({ name }) => !name.startsWith('.'),
  )?.name;
  halfDone();
  const aside = await swapRegistry(workbench, { folder: rawFromText(folder), uid: uid ?? '', from, now: 0 });
  expect(readdirSync(rawToDisplay(aside)).sort()).toEqual(['registry.db', 'registry.db-journal']);
  expect(await usersNow()).toBe(before);
});
