import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registryWork, restoreBackup, setSettings, type OpenInstance } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, type Bench } from './open-bench.ts';

let bench: Bench;
let open: OpenInstance;
let folder: string;
let id: string;
let inBackup: number;
let latest: number;
beforeEach(async () => {
  bench = makeBench();
  ({ open } = await bench.instance());
  folder = rawToDisplay(open.folder);
  await setSettings(open, { keep_artifacts_local: true });
  const request = { folder: open.folder, uid: open.instanceUid, kind: 'manual', now: Date.now() } as const;
  ({ id, last_change: inBackup } = await registryWork(open.fs).makeBackup(request));
  await setSettings(open, { keep_artifacts_local: false });
  await setSettings(open, { keep_artifacts_local: true });
  latest = lastChange(join(folder, 'registry.db'));
  await open.close();
});
afterEach(() => bench.remove());

function lastChange(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    return Number(db.prepare('SELECT max(id) FROM change').pluck().get());
  } finally {
    db.close();
  }
}

async function openAgain(): Promise<OpenInstance> {
  return bench.open(await bench.workbench(), 'lab');
}

test('a restored backup is the registry; what was there lies aside with all that belongs to it, and can be restored as well', async () => {
  const workbench = await bench.workbench();
  const { aside } = await restoreBackup(workbench, { name: 'lab', id });
  expect(lastChange(join(aside, 'registry.db'))).toBe(latest);
  const again = await openAgain();
  expect(again.warnings).toEqual([]);
  expect(lastChange(join(folder, 'registry.db'))).toBe(inBackup);
  await again.close();
  expect(existsSync(join(folder, 'restoring.json'))).toBe(false);
  const request = { folder: open.folder, uid: open.instanceUid, now: Date.now() };
  const before = (await registryWork(open.fs).listBackups(request)).find(({ kind }) => kind === 'before restore');
  expect(before?.record).toMatchObject({ good: true, last_change: latest });
  await restoreBackup(workbench, { name: 'lab', id: before?.id ?? '' });
  await (await openAgain()).close();
  expect(lastChange(join(folder, 'registry.db'))).toBe(latest);
});

test('F-DB20 killed while a second backup is restored before the first was opened, the first is there whole', async () => {
  const workbench = await bench.workbench();
  await restoreBackup(workbench, { name: 'lab', id });
  expect(existsSync(join(folder, 'restoring.json'))).toBe(true);
  // Half of a copy that nobody decided on.
  writeFileSync(
    join(folder, 'registry.new-20261121T000000Z.db'),
    readFileSync(join(folder, 'registry.db')).subarray(0, 5000),
  );
  const again = await openAgain();
  expect(again.warnings).toEqual([]);
  expect(lastChange(join(folder, 'registry.db'))).toBe(inBackup);
  expect(readdirSync(folder).filter((name) => name.startsWith('registry.new'))).toEqual([]);
});

test('F-DB13 a -wal that lies beside the old registry goes aside with it and is never read with the restored one', async () => {
  const last = await openAgain();
  await setSettings(last, { keep_artifacts_local: false });
  const end = lastChange(join(folder, 'registry.db'));
  const [db, wal] = ['registry.db', 'registry.db-wal'].map((name) => readFileSync(join(folder, name)));
  await last.close();
  writeFileSync(join(folder, 'registry.db'), db ?? '');
  writeFileSync(join(folder, 'registry.db-wal'), wal ?? '');
  const { aside } = await restoreBackup(await bench.workbench(), { name: 'lab', id });
  expect(lastChange(join(aside, 'registry.db'))).toBe(end);
  const again = await openAgain();
  expect(again.warnings).toEqual([]);
  expect(again.registry.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(lastChange(join(folder, 'registry.db'))).toBe(inBackup);
});

test('a damaged backup is refused and nothing is changed; so is one that is not there', async () => {
  const path = join(folder, 'backups', `${id}.db`);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 8192));
  const before = readFileSync(join(folder, 'registry.db'));
  const workbench = await bench.workbench();
  await expect(restoreBackup(workbench, { name: 'lab', id })).rejects.toMatchObject({ code: 'registry_corrupt' });
  await expect(restoreBackup(workbench, { name: 'lab', id: 'other' })).rejects.toMatchObject({ code: 'not_found' });
  expect(readFileSync(join(folder, 'registry.db')).equals(before)).toBe(true);
  expect(existsSync(join(folder, 'aside'))).toBe(false);
});

test('F-DB14 a registry that is gone comes back from a backup', async () => {
  rmSync(join(folder, 'registry.db'));
  await expect(openAgain()).rejects.toMatchObject({ code: 'registry_foreign' });
  await restoreBackup(await bench.workbench(), { name: 'lab', id });
  await (await openAgain()).close();
  expect(lastChange(join(folder, 'registry.db'))).toBe(inBackup);
});

test('an instance that is open is not restored over', async () => {
  const running = await openAgain();
  await expect(restoreBackup(await bench.workbench(), { name: 'lab', id })).rejects.toMatchObject({ code: 'locked' });
  await running.close();
});

test(
  'F-DB20 killed at any point of restoring, the next start has the old registry or the backup, each whole, and nothing is lost',
  { timeout: 240_000 },
  async () => {
    const child = join(import.meta.dirname, 'children', 'restore-child.ts');
    const kept = join(bench.base, 'kept');
    cpSync(bench.home, kept, { recursive: true });
    const trace = join(bench.base, 'trace');
    const run = (env: Record<string, string>): NodeJS.Signals | null =>
      spawnSync(process.execPath, [child, bench.home, id], { env: { ...process.env, ...env } }).signal;
    expect(run({ BK_FAILPOINT_TRACE: trace })).toBe(null);
    const all = readFileSync(trace, 'utf8').trim().split('\n');
    // All of the exchange itself, some of the copies before it.
    const points = all.filter((_, index) => index >= all.length - 18 || index % 6 === 0);
    for (const point of points) {
      rmSync(bench.home, { recursive: true });
      cpSync(kept, bench.home, { recursive: true });
      expect(run({ BK_FAILPOINT: `${point}=kill` }), point).toBe('SIGKILL');
      const again = await openAgain();
      expect(again.warnings, point).toEqual([]);
      const now = lastChange(join(folder, 'registry.db'));
      expect([inBackup, latest], point).toContain(now);
      expect(again.registry.sqlite.pragma('integrity_check', { simple: true }), point).toBe('ok');
      await again.close();
      const [set] = existsSync(join(folder, 'aside')) ? readdirSync(join(folder, 'aside')) : [];
      if (now === inBackup) expect(lastChange(join(folder, 'aside', set ?? '', 'registry.db')), point).toBe(latest);
      expect(
        readdirSync(folder).filter((name) => /new|restoring/.test(name)),
        point,
      ).toEqual([]);
    }
  },
);
