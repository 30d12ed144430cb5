import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  deleteInstance,
  initInstance,
  setSettings,
  type OpenInstance,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import type { StorageRow } from '../../src-main/registry/schema.ts';
import {
  addStorage,
  assertWritable,
  checkRoot,
  editStorage,
  findStorage,
  removeStorage,
  setLocalStorage,
  storageOfPath,
  storageRecords,
  storageTree,
  targetStorage,
  useStorage,
} from '../../src-main/storage/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { artifactRow } from '../registry/open-test-registry.ts';
import { runWithMounts, whyNoMounts } from './mounts.ts';

let bench: Bench;
let open: OpenInstance;
let workbench: Workbench;
beforeEach(async () => {
  bench = makeBench();
  ({ open, workbench } = await bench.instance());
});
afterEach(() => bench.remove());

const row = (root: string): Promise<StorageRow> => findStorage(open.registry.db, root);
const marker = (root: string): string => join(root, '.lamindb', 'storage_uid.txt');
async function add(
  root: string,
  options: Partial<Parameters<typeof addStorage>[1]> = {},
): Promise<Awaited<ReturnType<typeof addStorage>>['items'][number]> {
  const { items } = await addStorage(open, { root, watch: false, ...options });
  const [item] = items;
  if (item === undefined) throw new Error('nothing was added');
  return item;
}

test('managed unless watched: a managed root is made and marked, a watched one linked and left alone', async () => {
  const managed = await add(join(bench.base, 'new', 'root'), { description: 'for plates' });
  expect(managed).toMatchObject({
    managed: true,
    watch: false,
    default: false,
    local: false,
    type: 'local',
    region: hostname(),
    description: 'for plates',
    instance_uid: open.instanceUid,
    created_by: 'ada',
  });
  expect(readFileSync(marker(managed.root), 'utf8').split('\n')[0]).toBe(managed.uid);
  const watched = await add(bench.folder('instrument'), { watch: true, host: 'Cytometer PC' });
  expect(watched).toMatchObject({ managed: false, watch: true, instance_uid: null, region: 'Cytometer PC' });
  expect(existsSync(join(watched.root, '.lamindb'))).toBe(false);
  expect(await add(bench.folder('both'), { watch: true, managed: true })).toMatchObject({ managed: true, watch: true });
  await expect(add(join(bench.base, 'not-there'), { managed: false })).rejects.toMatchObject({
    code: 'file_not_found',
  });
  writeFileSync(join(bench.base, 'file'), '');
  await expect(add(join(bench.base, 'file'))).rejects.toMatchObject({ code: 'root_refused' });
  await expect(add('relative/path')).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(add('https://example.org/x')).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(add(bench.home)).rejects.toMatchObject({ code: 'root_refused' });
});

test('F-WA13 the same root again, also by a link, is the storage that is there, watched from now on if asked for', async () => {
  const root = bench.folder('data');
  const first = await add(root, { managed: false });
  symlinkSync(root, join(bench.base, 'link'));
  expect((await add(`${root}/../data/`, { managed: false })).uid).toBe(first.uid);
  const again = await add(join(bench.base, 'link'), { watch: true });
  expect(again).toMatchObject({ uid: first.uid, root, watch: true, managed: false });
  await expect(add(root, { managed: true })).rejects.toMatchObject({ code: 'already_exists' });
  expect(await storageRecords(reads(), [1, 2, 3])).toHaveLength(2);
});

test('F-WA13 roots may lie in each other: the deepest owns a path', async () => {
  const outer = await add(bench.folder('outer'), { managed: false });
  const inner = await add(bench.folder('outer/inner'), { managed: false });
  const at = async (path: string): Promise<string[] | null> => {
    const place = await storageOfPath(open, rawFromText(path));
    return place === null ? null : [place.storage.uid, place.relative];
  };
  expect(await at(join(inner.root, 'a/b.csv'))).toEqual([inner.uid, 'a/b.csv']);
  expect(await at(join(outer.root, 'a.csv'))).toEqual([outer.uid, 'a.csv']);
  expect(await at(join(bench.base, 'outer2/a.csv'))).toBe(null);
});

test.skipIf(whyNoMounts() !== null)('F-WA13, F-WA17, F-WA05 … F-WA08 roots on real mounts', () => {
  const results = runWithMounts(join(import.meta.dirname, 'children', 'mounted-roots.ts'), bench.base) as Record<
    string,
    unknown
  >;
  const gone = {
    attached: false,
    reason: "The drive 'usb' is not connected. Nothing has been deleted. We will look again when it is back.",
  };
  expect(results).toEqual({
    'F-WA13 bind mount': 'root_refused',
    'F-WA17 read-only root linked': true,
    'F-WA17 check': { attached: true },
    'F-WA17 managed': 'read_only',
    'F-WA17 init': 'read_only',
    'F-WA17 nothing written': true,
    'F-WA05 linked unmounted': gone,
    'F-WA06 linked back': { attached: true },
    'F-WA07 other drive': gone,
    'F-WA08 mounted but empty': gone,
    'F-WA05 managed unmounted': gone,
    'F-WA08 nothing written below the bare mount point': true,
    'F-WA07 other drive for managed': gone,
    'F-WA06 managed back': { attached: true },
    'renamed below, found by inode': { attached: true },
  });
});

test('a root that another instance manages can only be linked, and keeps its marker', async () => {
  const theirs = bench.folder('theirs');
  mkdirSync(join(theirs, '.lamindb'));
  const text = 'AbCdEfGhIjKl\ncreation info:\ninstance_slug=grace/atlas\ninstance_id=00\ninstance_uid=ZyXwVuTsRqPo';
  writeFileSync(marker(theirs), text);
  await expect(add(theirs)).rejects.toMatchObject({
    code: 'storage_managed_elsewhere',
    message: expect.stringContaining('grace/atlas') as string,
    remedy: expect.stringContaining('--link') as string,
  });
  expect(await add(theirs, { managed: false })).toMatchObject({
    uid: 'AbCdEfGhIjKl',
    managed: false,
    instance_uid: 'ZyXwVuTsRqPo',
  });
  await removeStorage(open, { storage: theirs });
  expect(readFileSync(marker(theirs), 'utf8')).toBe(text);
});

test("a marker of ours without its storage is taken up; a damaged one is somebody else's", async () => {
  const root = bench.folder('left');
  mkdirSync(join(root, '.lamindb'));
  writeFileSync(marker(root), `LeftBehind01\ncreation info:\ninstance_uid=${open.instanceUid}`);
  expect((await add(root)).uid).toBe('LeftBehind01');
  const damaged = bench.folder('damaged');
  mkdirSync(join(damaged, '.lamindb'));
  writeFileSync(marker(damaged), '\u0000\u0000');
  await expect(add(damaged)).rejects.toMatchObject({ code: 'storage_managed_elsewhere' });
  expect((await add(damaged, { managed: false })).managed).toBe(false);
});

test('a managed folder that was moved is the same storage at its new path; a copy of it is refused', async () => {
  const first = await add(bench.folder('old'));
  execFileSync('cp', ['-r', first.root, join(bench.base, 'copy')]);
  await expect(add(join(bench.base, 'copy'))).rejects.toMatchObject({
    code: 'root_refused',
    message: expect.stringContaining('copy of the storage') as string,
  });
  renameSync(first.root, join(bench.base, 'new'));
  expect((await checkRoot(open, await row(first.root))).attached).toBe(false);
  expect(await add(join(bench.base, 'new'))).toMatchObject({ uid: first.uid, root: join(bench.base, 'new') });
  expect(await checkRoot(open, await row(join(bench.base, 'new')))).toEqual({ attached: true });
});

test('found by uid, by root with or without a slash, and through a link', async () => {
  const { uid, root } = await add(bench.folder('data'));
  symlinkSync(root, join(bench.base, 'link'));
  for (const argument of [uid, root, `${root}/`]) expect((await row(argument)).uid).toBe(uid);
  expect((await findStorage(open.registry.db, join(bench.base, 'link'), open)).uid).toBe(uid);
  for (const argument of ['nowhere', '', 'zzzzzzzzzzzz', '/no/such'])
    await expect(findStorage(open.registry.db, argument, open)).rejects.toMatchObject({ code: 'not_found' });
});

test('default and current local storage: chosen among managed ones; the first of a computer is its local one', async () => {
  const second = await add(bench.folder('second'));
  const linked = await add(bench.folder('linked'), { managed: false });
  const flags = async (): Promise<unknown> =>
    (await storageRecords(reads(), [1, 2, 3])).map((record) => [record.default, record.local]);
  expect(await flags()).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
  await useStorage(open, { storage: second.uid });
  await setLocalStorage(open, { storage: second.root });
  expect(await flags()).toEqual([
    [false, false],
    [true, true],
    [false, false],
  ]);
  await expect(useStorage(open, { storage: linked.uid })).rejects.toMatchObject({ code: 'storage_linked' });
  await expect(setLocalStorage(open, { storage: linked.uid })).rejects.toMatchObject({ code: 'storage_linked' });
  expect((await editStorage(open, { storage: linked.uid, description: 'the old disk' })).items[0]?.description).toBe(
    'the old disk',
  );
});

test('saves go to the default; kept local they go to the local storage while the default is in the cloud', async () => {
  expect((await targetStorage(open)).id).toBe(1);
  await setSettings(open, { keep_artifacts_local: true });
  expect((await targetStorage(open)).id).toBe(1);
  await writeRegistry(open, await open.author(), 'test', async (write) => {
    await write.update('storage', 1, { type: 's3', root: 's3://bucket/x', root_path: null, workstation_uid: null });
  });
  await expect(targetStorage(open)).rejects.toMatchObject({
    code: 'no_local_storage',
    remedy: expect.stringContaining('storage add') as string,
  });
  const local = await add(bench.folder('local'));
  expect((await targetStorage(open)).uid).toBe(local.uid);
  await setSettings(open, { keep_artifacts_local: false });
  expect((await targetStorage(open)).id).toBe(1);
});

test('writing is refused in linked storages, on other computers, and where the drive is gone', async () => {
  const linked = await add(bench.folder('linked'), { managed: false });
  await expect(assertWritable(open, await row(linked.root))).rejects.toMatchObject({ code: 'storage_linked' });
  const managed = await add(bench.folder('managed'));
  await assertWritable(open, await row(managed.root));
  await expect(
    assertWritable(open, { ...(await row(managed.root)), workstation_uid: 'another00000' }),
  ).rejects.toMatchObject({ code: 'refused' });
  renameSync(managed.root, `${managed.root}-away`);
  await expect(assertWritable(open, await row(managed.root))).rejects.toMatchObject({
    code: 'offline',
    retry: true,
    message: "The drive 'managed' is not connected",
  });
});

test('F-TR07 a storage is forgotten only when no artifact lives in it, trash included; its content stays', async () => {
  const { uid, root } = await add(bench.folder('data'));
  const { id } = await row(uid);
  writeFileSync(join(root, 'mine.csv'), 'a');
  const ids = await writeRegistry(open, await open.author(), 'test', (write) => {
    const made = write.insert('artifact', [
      artifactRow(1, { storage_id: id }),
      artifactRow(2, { storage_id: id, visibility: -1 }),
      artifactRow(3, { storage_id: 1 }),
    ]);
    write.insert(
      'copy',
      [{ artifact_id: made[2] ?? 0, storage_id: id, path: Buffer.from('c'), verified_at: null, created_at: write.now }],
      ['x'],
    );
    write.insert(
      'tombstone',
      [
        {
          storage_id: id,
          path: Buffer.from('t'),
          sha256: null,
          artifact_uid: 'gone',
          created_by_id: 1,
          created_at: write.now,
        },
      ],
      ['gone'],
    );
    return made;
  });
  await expect(removeStorage(open, { storage: uid })).rejects.toMatchObject({
    code: 'storage_in_use',
    message: expect.stringContaining('3 artifacts') as string,
    details: { count: 3 },
  });
  expect(existsSync(marker(root))).toBe(true);
  await writeRegistry(open, await open.author(), 'test', async (write) => {
    for (const artifact of ids) await write.remove('artifact', artifact);
  });
  expect(await removeStorage(open, { storage: uid })).toEqual({ remains: [root] });
  expect(existsSync(join(root, '.lamindb'))).toBe(false);
  expect(readFileSync(join(root, 'mine.csv'), 'utf8')).toBe('a');
  await expect(removeStorage(open, { storage: uid })).rejects.toMatchObject({ code: 'not_found' });
  await expect(removeStorage(open, { storage: join(bench.base, 'lab') })).rejects.toMatchObject({ code: 'refused' });
});

test('nothing is written, moved or touched in a linked folder by adding, checking, looking at and removing it', async () => {
  const root = bench.folder('instrument');
  writeFileSync(join(root, 'a.csv'), 'a');
  utimesSync(root, 1000, 1000);
  const before = lstatSync(root, { bigint: true });
  await add(root, { watch: true });
  await checkRoot(open, await row(root));
  await storageTree(open, { storage: root });
  await removeStorage(open, { storage: root });
  const after = lstatSync(root, { bigint: true });
  expect([after.mtimeNs, after.ctimeNs]).toEqual([before.mtimeNs, before.ctimeNs]);
});

test('the tree counts everything and names the upper levels; links are not followed', async () => {
  const { root } = await add(bench.folder('data'), { managed: false });
  mkdirSync(join(root, 'a/b/c/d/e/f'), { recursive: true });
  writeFileSync(join(root, 'a/b/c/d/e/f/deep.ome.tif'), '12345');
  writeFileSync(join(root, 'one.CSV'), '123');
  writeFileSync(join(root, 'two.fastq.gz'), '1');
  writeFileSync(join(root, 'none'), '');
  symlinkSync(root, join(root, 'loop'));
  const tree = await storageTree(open, { storage: root });
  expect(tree).toMatchObject({ root, n_files: 4, n_folders: 6, size: 9 });
  expect(tree.suffixes).toEqual(
    expect.arrayContaining([
      { suffix: '.ome.tif', n: 1, size: 5 },
      { suffix: '.csv', n: 1, size: 3 },
      { suffix: '.fastq.gz', n: 1, size: 1 },
      { suffix: '', n: 1, size: 0 },
    ]),
  );
  expect(tree.tree.files.map(({ name }) => name)).toEqual(['none', 'one.CSV', 'two.fastq.gz']);
  const d = tree.tree.folders[0]?.folders[0]?.folders[0]?.folders[0];
  expect(d).toMatchObject({ name: 'd', n_files: 1, size: 5, folders: [], truncated: true });
});

test('another instance finds a root of ours managed, until ours is deleted', async () => {
  const { root } = await add(bench.folder('data'));
  await expect(initInstance(workbench, { storage: root, name: 'other' })).rejects.toMatchObject({
    code: 'storage_managed_elsewhere',
  });
  await open.close();
  await deleteInstance(workbench, { name: 'lab', force: false });
  expect((await initInstance(workbench, { storage: root, name: 'other' })).items[0]?.name).toBe('other');
});

function reads(): Parameters<typeof storageRecords>[0] {
  return { registry: open.registry.db, workstation: open.workstation.db, workstationUid: open.workstationUid };
}
