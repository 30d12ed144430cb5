import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectInstance,
  connectedInstanceFolder,
  currentUser,
  deleteInstance,
  disconnectInstance,
  getSettings,
  initInstance,
  instanceInfo,
  listInstances,
  setSettings,
  setUser,
} from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { artifactRow } from '../registry/open-test-registry.ts';
import { makeBench, type Bench } from './open-bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test('an instance is made with its default storage, marked as LaminDB marks it, and is connected', async () => {
  const root = bench.folder('Run data (2026)');
  const workbench = await bench.workbench();
  const { items } = await initInstance(workbench, { storage: root, host: 'Bench 3' });
  const [made] = items;
  expect(made).toMatchObject({ name: 'Run-data-2026', connected: true, storage: root });
  const open = await bench.open(workbench);
  const storage = await open.registry.db.selectFrom('storage').selectAll().executeTakeFirstOrThrow();
  expect(storage).toMatchObject({
    managed: 1,
    region: 'Bench 3',
    instance_uid: made?.uid,
    workstation_uid: workbench.workstationUid,
  });
  const lines = readFileSync(join(root, '.lamindb', 'storage_uid.txt'), 'utf8').split('\n');
  expect(lines[0]).toBe(storage.uid);
  expect(lines[1]).toBe('creation info:');
  expect(lines[2]).toBe('instance_slug=ada/Run-data-2026');
  expect(lines[3]).toMatch(/^instance_id=[0-9a-f]{32}$/);
  expect(lines[4]).toBe(`instance_uid=${made?.uid ?? ''}`);
  expect(lines).toHaveLength(5);
  const log = await open.registry.db.selectFrom('change').select(['registry', 'operation']).orderBy('id').execute();
  expect(log.map(({ registry }) => registry)).toEqual(['user', 'storage', 'instance']);
  expect(new Set(log.map(({ operation }) => operation))).toEqual(new Set(['init']));
});

test('made again at the same root it is connected to; another name for that root is refused', async () => {
  const root = bench.folder('lab');
  const workbench = await bench.workbench();
  const first = await initInstance(workbench, { storage: root });
  await disconnectInstance(workbench);
  const second = await initInstance(workbench, { storage: `${root}/` });
  expect(second).toEqual(first);
  await expect(initInstance(workbench, { storage: root, name: 'other' })).rejects.toMatchObject({
    code: 'storage_managed_elsewhere',
  });
});

test('names are safe and unique: a given one that is taken is refused, one made of the folder is numbered', async () => {
  const workbench = await bench.workbench();
  await initInstance(workbench, { storage: bench.folder('a/lab') });
  const { items } = await initInstance(workbench, { storage: bench.folder('b/lab') });
  expect(items[0]?.name).toBe('lab-2');
  await expect(initInstance(workbench, { storage: bench.folder('c'), name: 'lab' })).rejects.toMatchObject({
    code: 'already_exists',
  });
  for (const name of ['../x', 'a/b', '', ' ', '-x', 'a\nb']) {
    await expect(initInstance(workbench, { storage: bench.folder('c'), name })).rejects.toMatchObject({
      code: 'name_not_valid',
    });
  }
});

test('the root "default" is a folder that can be seen; one that another instance looks after is passed by', async () => {
  const base = bench.folder('Benchkeep');
  mkdirSync(join(base, 'my-lab', '.lamindb'), { recursive: true });
  writeFileSync(
    join(base, 'my-lab', '.lamindb', 'storage_uid.txt'),
    'abcdefghijkl\ncreation info:\ninstance_uid=zzzzzzzzzzzz',
  );
  const workbench = await bench.workbench({ defaultBase: base as never });
  const { items } = await initInstance(workbench, { storage: 'default' });
  expect(items[0]).toMatchObject({ name: 'my-lab-2', storage: join(base, 'my-lab-2') });
  expect((await initInstance(workbench, { storage: 'default', name: 'my-lab-2' })).items[0]?.uid).toBe(items[0]?.uid);
});

test('what this release can not do is refused in plain words, and nothing is made', async () => {
  const workbench = await bench.workbench();
  await expect(initInstance(workbench, { storage: 'https://example.org/x' })).rejects.toMatchObject({
    code: 'not_supported',
    remedy: expect.stringContaining('s3://') as string,
  });
  const root = bench.folder('lab');
  await expect(initInstance(workbench, { storage: root, db: 'postgresql://u@h/db' })).rejects.toMatchObject({
    code: 'not_supported',
  });
  expect(existsSync(join(root, '.lamindb'))).toBe(false);
  await expect(
    connectInstance(workbench, { instance: join(bench.folder('nothing-published'), '') }),
  ).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('connected by name or root (also through a link), disconnected, listed, shown', async () => {
  const root = bench.folder('lab');
  const workbench = await bench.workbench();
  const [made] = (await initInstance(workbench, { storage: root })).items;
  await initInstance(workbench, { storage: bench.folder('other') });
  expect(workbench.settings().instance).toBe('other');
  await connectInstance(workbench, { instance: 'lab' });
  symlinkSync(root, join(bench.base, 'link'));
  await connectInstance(workbench, { instance: 'other' });
  await connectInstance(workbench, { instance: join(bench.base, 'link') });
  expect((await listInstances(workbench)).items.map(({ name, connected }) => [name, connected])).toEqual([
    ['lab', true],
    ['other', false],
  ]);
  const folder = await connectedInstanceFolder(workbench, null);
  expect(folder === null ? null : rawToDisplay(folder)).toBe(join(bench.home, 'instances', made?.uid ?? ''));
  const open = await bench.open(workbench);
  expect(await instanceInfo(open, workbench, '1.2.3')).toMatchObject({
    name: 'lab',
    storage: root,
    local_storage: root,
    home: bench.home,
    registry: join(bench.home, 'instances', made?.uid ?? '', 'registry.db'),
    n_artifacts: 0,
    n_storages: 1,
    user: { handle: 'ada' },
    version: '1.2.3',
    read_only: null,
    warnings: [],
  });
  await expect(connectInstance(workbench, { instance: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' });
  await disconnectInstance(workbench);
  await expect(bench.open(workbench)).rejects.toMatchObject({ code: 'no_instance' });
});

test("settings: keep-artifacts-local is the instance's, the others this computer's", async () => {
  const { open } = await bench.instance();
  expect(await getSettings(open)).toEqual({
    keep_artifacts_local: false,
    cache_limit: 50_000_000_000,
    upload_bandwidth: null,
    uploads_at_once: 3,
    upload_hours: null,
    scrub_days: 30,
  });
  expect(await setSettings(open, { keep_artifacts_local: true, upload_bandwidth: 10_000_000 })).toEqual({
    keep_artifacts_local: true,
    cache_limit: 50_000_000_000,
    upload_bandwidth: 10_000_000,
    uploads_at_once: 3,
    upload_hours: null,
    scrub_days: 30,
  });
  expect((await setSettings(open, { scrub_days: 0 })).scrub_days).toBe(0);
  await expect(setSettings(open, { scrub_days: -1 })).rejects.toMatchObject({ code: 'invalid_argument' });
  expect((await setSettings(open, { upload_bandwidth: null })).upload_bandwidth).toBe(null);
  await expect(setSettings(open, { cache_limit: -1 })).rejects.toMatchObject({ code: 'invalid_argument' });
  const hours = { from: '20:00', to: '06:00' };
  expect(await setSettings(open, { uploads_at_once: 5, upload_hours: hours })).toMatchObject({
    uploads_at_once: 5,
    upload_hours: hours,
  });
  for (const wrong of [
    { uploads_at_once: 0 },
    { upload_hours: { from: '24:00', to: '06:00' } },
    { upload_hours: { from: '06:00', to: '06:00' } },
  ])
    await expect(setSettings(open, wrong)).rejects.toMatchObject({ code: 'invalid_argument' });
  const logged = await open.registry.db.selectFrom('change').selectAll().where('operation', '=', 'settings').execute();
  expect(logged.some(({ after }) => after?.includes('keep_artifacts_local') === true)).toBe(true);
});

test('whoever works here is a handle and a name, kept for the computer, added to the registry once', async () => {
  const { workbench, open } = await bench.instance();
  expect((await currentUser(open, workbench)).handle).toBe('ada');
  await setUser(open, workbench, { handle: 'grace', name: 'Grace Hopper' });
  expect(await currentUser(open, workbench)).toMatchObject({ handle: 'grace', name: 'Grace Hopper' });
  const grace = await open.author();
  await setUser(open, workbench, { handle: 'ada' });
  expect((await open.author()).userId).toBe(1);
  await setUser(open, workbench, { handle: 'grace' });
  expect(await open.author()).toEqual(grace);
  expect(workbench.settings()).toMatchObject({ handle: 'grace', name: 'Grace Hopper' });
  for (const handle of ['a b', '../x', '-'])
    await expect(setUser(open, workbench, { handle })).rejects.toMatchObject({ code: 'name_not_valid' });
  await open.close();
  const again = await bench.open(await bench.workbench({ login: 'somebody' }));
  expect(await again.author()).toEqual(grace);
});

async function addArtifacts(
  open: Awaited<ReturnType<Bench['instance']>>['open'],
  storageId: number,
  from: number,
  count: number,
): Promise<void> {
  await writeRegistry(open, await open.author(), 'test', (write) => {
    const rows = Array.from({ length: count }, (_, n) =>
      artifactRow(from + n, { storage_id: storageId, created_by_id: 1 }),
    );
    const ids = write.insert('artifact', rows);
    write.insert(
      'copy',
      ids.map((id, n) => ({
        artifact_id: id,
        storage_id: storageId,
        path: Buffer.from(`run/${String(n)}.csv`),
        verified_at: null,
        created_at: write.now,
      })),
      rows.map(({ uid }) => uid),
    );
  });
}

test('F-TR07 an instance with managed data is not deleted, the data are listed; linked data do not count', async () => {
  const { workbench, open } = await bench.instance();
  const linked = bench.folder('instrument');
  const [added] = (await addStorage(open, { root: linked, managed: false, watch: false })).items;
  const linkedId = (
    await open.registry.db
      .selectFrom('storage')
      .select('id')
      .where('uid', '=', added?.uid ?? '')
      .executeTakeFirstOrThrow()
  ).id;
  await addArtifacts(open, linkedId, 1000, 3);
  await addArtifacts(open, 1, 1, 25);
  await expect(deleteInstance(workbench, { name: 'lab', force: false })).rejects.toMatchObject({ code: 'locked' });
  await open.close();
  await expect(deleteInstance(workbench, { name: 'lab', force: false })).rejects.toMatchObject({
    code: 'instance_has_data',
    message: expect.stringMatching(/has 25 files .*\/lab\/run\/0\.csv, .* and 5 more$/) as string,
    details: { count: 25 },
  });
  expect((await listInstances(workbench)).items).toHaveLength(1);
});

test('forced, an instance is gone with its registry and marks; every file stays and is named by where it remains', async () => {
  const { workbench, open } = await bench.instance();
  const root = join(bench.base, 'lab');
  const linked = bench.folder('instrument');
  writeFileSync(join(root, 'mine.csv'), 'a');
  writeFileSync(join(root, '.lamindb', 'AAAA0000.csv'), 'b');
  await addStorage(open, { root: linked, managed: false, watch: false });
  await addArtifacts(open, 1, 1, 1);
  await open.close();
  expect(await deleteInstance(workbench, { name: 'lab', force: true })).toEqual({ remains: [root] });
  expect((await listInstances(workbench)).items).toEqual([]);
  expect(workbench.settings().instance).toBe(null);
  expect(readFileSync(join(root, 'mine.csv'), 'utf8')).toBe('a');
  expect(readFileSync(join(root, '.lamindb', 'AAAA0000.csv'), 'utf8')).toBe('b');
  expect(existsSync(join(root, '.lamindb', 'storage_uid.txt'))).toBe(false);
  expect((await initInstance(workbench, { storage: root })).items[0]?.name).toBe('lab');
});

test('an instance without data is deleted without force', async () => {
  const { workbench, open } = await bench.instance();
  await open.close();
  expect(await deleteInstance(workbench, { name: 'lab', force: false })).toEqual({
    remains: [join(bench.base, 'lab')],
  });
  await expect(deleteInstance(workbench, { name: 'lab', force: false })).rejects.toMatchObject({ code: 'not_found' });
});

test('S-17 nothing in the data folder can be read by others, and one that others can write is refused', async () => {
  const { open } = await bench.instance();
  await open.author();
  const folder = rawToDisplay(open.folder);
  for (const path of [bench.home, join(bench.home, 'instances'), folder, join(folder, 'backups')]) {
    expect([path, (statSync(path).mode & 0o777).toString(8)]).toEqual([path, '700']);
  }
  for (const name of [
    'registry.db',
    'registry.db-wal',
    'workstation.db',
    'workstation.db-wal',
    'owner.db',
    'owner.db-wal',
    'head.json',
    'instance.json',
  ]) {
    expect([name, (statSync(join(folder, name)).mode & 0o777).toString(8)]).toEqual([name, '600']);
  }
  expect((statSync(join(bench.home, 'settings.json')).mode & 0o777).toString(8)).toBe('600');
  await open.close();
  chmodSync(bench.home, 0o777);
  await expect(bench.workbench()).rejects.toMatchObject({ code: 'refused' });
});
