/** An older backup is restored while a newer registry is published: neither is lost, and the choice holds. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectInstance,
  initInstance,
  registryWork,
  restoreBackup,
  setSettings,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { folderOf, memoryOf, remember, visit } from './visit-instance.ts';

let bench: Bench;
let here: Workbench;
let root: string;
let folder: string;
let backup: string;
/** Last change of what is published now, and of the backup. */
let latest: number;
let older: number;
beforeEach(async () => {
  bench = makeBench();
  here = await bench.workbench();
  root = bench.folder('shared');
  await initInstance(here, { storage: root, name: 'lab' });
  folder = await folderOf(here);
  await visit(here, async ({ context }) => {
    await setSettings(context, { keep_artifacts_local: true });
    const request = { folder: context.folder, uid: context.instanceUid, kind: 'manual', now: Date.now() } as const;
    const made = await registryWork(context.fs).makeBackup(request);
    [backup, older] = [made.id, made.last_change];
    await setSettings(context, { keep_artifacts_local: false });
  });
  latest = lastChange(join(root, '.lamindb/benchkeep.db'));
  expect(latest).toBeGreaterThan(older);
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

const backups = async () =>
  (await registryWork(here.fs).listBackups({ folder: rawFromText(folder), uid: uid(), now: Date.now() })).map(
    ({ record }) => record,
  );
const uid = (): string => folder.split('/').at(-1) ?? '';

test('what was published is kept as a backup before a restored one takes its place, also where the registry was damaged', async () => {
  for (const ending of ['-wal', '-shm']) rmSync(join(folder, `registry.db${ending}`), { force: true });
  const bytes = readFileSync(join(folder, 'registry.db'));
  writeFileSync(join(folder, 'registry.db'), bytes.fill('damaged', 4096));
  await restoreBackup(here, { name: 'lab', id: backup });
  expect((await backups()).filter(({ last_change: last }) => last === latest)).toEqual([]);
  await visit(here, async ({ published, context }) => {
    expect(context.warnings.join(' ')).toContain('You restored an older backup');
    await published.publish({ beside: false });
  });
  expect(lastChange(join(root, '.lamindb/benchkeep.db'))).toBeLessThanOrEqual(latest);
  expect((await backups()).filter(({ last_change: last, good }) => good && last === latest)).toHaveLength(1);
  expect(await memoryOf(here)).toMatchObject({ put_away: null });
});

test('what a backup holds already is not fetched for it', async () => {
  await restoreBackup(here, { name: 'lab', id: backup });
  const before = (await backups()).length;
  await visit(here, ({ published }) => published.publish({ beside: false }));
  expect(await backups()).toHaveLength(before);
});

test('stopped at any time while a backup is restored, the published one is not fetched over it', async () => {
  const stopped: Workbench = {
    ...here,
    fs: {
      ...here.fs,
      writeTempFsyncRename: (target, ...rest) =>
        target.endsWith('published.json')
          ? Promise.reject(new Error('stopped'))
          : here.fs.writeTempFsyncRename(target, ...rest),
    },
  };
  await expect(restoreBackup(stopped, { name: 'lab', id: backup })).rejects.toThrow('stopped');
  expect(lastChange(join(folder, 'registry.db'))).toBe(latest);
});

test('a restoring that was begun and not done puts nothing away', async () => {
  const { seen } = await memoryOf(here);
  await remember(here, { put_away: seen?.head ?? null });
  await visit(here, ({ context }) => {
    expect(context.warnings).toEqual([]);
    return Promise.resolve();
  });
  expect(await memoryOf(here)).toMatchObject({ put_away: null });
});

test('where the choice was forgotten, it is said that the published one was fetched', async () => {
  await restoreBackup(here, { name: 'lab', id: backup });
  rmSync(join(folder, 'published.json'));
  await visit(here, ({ context }) => {
    expect(context.warnings.join(' ')).toContain('had newer changes, and this computer goes on with it');
    return Promise.resolve();
  });
  expect(lastChange(join(folder, 'registry.db'))).toBe(latest);
  expect((await backups()).some(({ last_change: last, kind }) => last === older && kind === 'before restore')).toBe(
    true,
  );
});

test('work of another computer that is fetched in the usual way is no news', async () => {
  const there = await openBenchWorkbench(join(bench.base, 'home-2'));
  await connectInstance(there, { instance: root });
  await visit(there, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
  await visit(here, ({ context }) => {
    expect(context.warnings).toEqual([]);
    return Promise.resolve();
  });
});
