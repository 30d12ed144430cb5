/** The story of LaminDB's "Keep artifacts local", as far as it is local, told with commands. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { saveResult, verifyResult } from '../../../shared/contract/artifacts.ts';
import { items } from '../../../shared/contract/procedures.ts';
import {
  artifactRecord,
  instanceInfo,
  instanceRecord,
  storageRecord,
  versionRecord,
} from '../../../shared/contract/records.ts';
import { settingsRecord } from '../../../shared/contract/instance.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(() => {
  cli = commandLine();
  writeFileSync(cli.path('file1.fcs'), 'FCS3.1 first');
  writeFileSync(cli.path('mini.csv'), 'a,b\n1,2\n');
});
afterAll(() => cli.close());

const storages = items(storageRecord);
const saved = saveResult.extend({ items: z.array(artifactRecord.strict()) }).strict();
const contentOf = (root: string): string[] =>
  readdirSync(cli.path(root, '.lamindb')).filter(
    (name) => !['storage_uid.txt', 'benchkeep.db', '_exclusion'].includes(name),
  );

test('an instance, and the switch', async () => {
  await cli.json(items(instanceRecord), 'init', '--storage', 'main', '--name', 'keep-artifacts-local');
  await cli.json(settingsRecord, 'settings', 'keep-artifacts-local', 'on');
  expect((await cli.json(instanceInfo, 'info')).keep_artifacts_local).toBe(true);
});

test('a local storage with its host', async () => {
  const added = await cli.json(storages, 'storage', 'add', './our_local_storage', '--host', 'abc-institute-drive1');
  expect(added.items).toMatchObject([{ type: 'local', region: 'abc-institute-drive1', managed: true }]);
  expect((await cli.json(storages, 'storage', 'local', './our_local_storage')).items).toMatchObject([{ local: true }]);
  expect((await cli.json(instanceInfo, 'info')).local_storage).toBe(cli.path('our_local_storage'));
  // Which storage keeps artifacts local matters in a cloud instance; here the default is chosen.
  await cli.json(storages, 'storage', 'use', './our_local_storage');
});

test('an artifact with a key is saved there, below .lamindb, and is there again as the same one', async () => {
  const first = await cli.json(saved, 'save', 'file1.fcs', '--key', 'example_datasets/file1.fcs');
  expect(first.items).toMatchObject([
    { key: 'example_datasets/file1.fcs', key_is_virtual: true, storage: { root: cli.path('our_local_storage') } },
  ]);
  const uid = first.items[0]?.uid ?? '';
  const { path } = await cli.json(z.strictObject({ path: z.string() }), 'path', uid);
  expect(path).toBe(cli.path('our_local_storage', '.lamindb', `${uid}.fcs`));
  expect(readFileSync(path, 'utf8')).toBe('FCS3.1 first');
  const again = await cli.json(saved, 'save', 'file1.fcs', '--key', 'example_datasets/file1.fcs');
  expect(again.items.map((item) => item.uid)).toEqual([uid]);
  expect(contentOf('our_local_storage')).toEqual([`${uid}.fcs`]);
});

test('a file that is in the storage already is registered in place: nothing is copied', async () => {
  writeFileSync(cli.path('our_local_storage', 'output.bam'), 'BAM content');
  const before = contentOf('our_local_storage');
  const { items: made } = await cli.json(saved, 'save', './our_local_storage/output.bam');
  expect(made).toMatchObject([
    { key: 'output.bam', key_is_virtual: false, storage: { root: cli.path('our_local_storage') } },
  ]);
  expect(await cli.run('path', 'output.bam')).toMatchObject({ out: `${cli.path('our_local_storage/output.bam')}\n` });
  expect(contentOf('our_local_storage')).toEqual(before);
});

test('another local storage takes over; --include shows where each artifact is', async () => {
  await cli.json(storages, 'storage', 'add', './our_local_storage2', '--host', 'abc-institute-drive1');
  await cli.json(storages, 'storage', 'local', './our_local_storage2');
  expect((await cli.json(instanceInfo, 'info')).local_storage).toBe(cli.path('our_local_storage2'));
  await cli.json(storages, 'storage', 'use', './our_local_storage2');
  const third = await cli.json(saved, 'save', 'mini.csv', '--key', 'example_datasets/mini.csv');
  expect(third.items).toMatchObject([{ storage: { root: cli.path('our_local_storage2') } }]);
  const rows = z.object({ items: z.array(z.object({ key: z.string(), storage__root: z.string() })) });
  expect((await cli.json(rows, 'list', '--sort', 'key', '--include', 'storage__root')).items).toEqual([
    { key: 'example_datasets/file1.fcs', storage__root: cli.path('our_local_storage') },
    { key: 'example_datasets/mini.csv', storage__root: cli.path('our_local_storage2') },
    { key: 'output.bam', storage__root: cli.path('our_local_storage') },
  ]);
  expect(
    (await cli.json(items(artifactRecord), 'list', 'storage__root__endswith=our_local_storage2')).items,
  ).toHaveLength(1);
});

test('the description of a storage can be changed', async () => {
  await cli.json(
    storages,
    'storage',
    'edit',
    './our_local_storage',
    '--description',
    'Our shared directory for project X',
  );
  const { items: listed } = await cli.json(storages, 'storage', 'list');
  expect(listed.find(({ root }) => root.endsWith('our_local_storage'))?.description).toBe(
    'Our shared directory for project X',
  );
});

test('changed content under the same key is a new version', async () => {
  writeFileSync(cli.path('mini.csv'), 'a,b\n1,2\n3,4\n');
  const next = await cli.json(saved, 'save', 'mini.csv', '--key', 'example_datasets/mini.csv', '--version-tag', 'v2');
  expect(next.items).toMatchObject([{ is_latest: true, version: 'v2' }]);
  expect((await cli.json(items(versionRecord), 'versions', 'example_datasets/mini.csv')).items).toMatchObject([
    { is_latest: true },
    { is_latest: false },
  ]);
});

test('what saving refuses', async () => {
  writeFileSync(cli.path('loose.txt'), 'loose');
  expect((await cli.refused(2, 'save', 'loose.txt')).code).toBe('invalid_argument');
  expect((await cli.refused(2, 'save', 'loose.txt', '--key', '../out.txt')).code).toBe('invalid_key');
  expect((await cli.refused(3, 'save', 'none.txt', '--key', 'none.txt')).code).toBe('file_not_found');
  expect((await cli.refused(3, 'save', 'loose.txt', '--key', 'l.txt', '--label', 'nobody')).code).toBe('not_found');
  mkdirSync(cli.path('empty'));
  expect((await cli.refused(4, 'save', 'empty', '--key', 'empty')).code).toBe('empty_folder');
  expect((await cli.json(items(artifactRecord), 'list', '--search', 'loose')).items).toEqual([]);
});

test('a folder is one artifact, its files are many', async () => {
  mkdirSync(cli.path('run7/sub'), { recursive: true });
  writeFileSync(cli.path('run7/a.txt'), 'a');
  writeFileSync(cli.path('run7/sub/b.txt'), 'bb');
  const whole = await cli.json(saved, 'save', 'run7', '--key', 'runs/run7');
  expect(whole.items).toMatchObject([{ n_files: 2, size: 3, key: 'runs/run7' }]);
});

test('verify reads content again; damage is found and is exit code 1', async () => {
  const all = await cli.json(verifyResult.strict(), 'verify', '--all', '--registry');
  expect(all.failed).toEqual([]);
  expect(all.ok).toBe(all.checked);
  writeFileSync(cli.path('our_local_storage/output.bam'), 'BAM c0ntent');
  const { code, out } = await cli.run('verify', 'output.bam', '--json');
  expect(code).toBe(1);
  expect(verifyResult.parse(JSON.parse(out)).failed).toMatchObject([
    { path: cli.path('our_local_storage/output.bam') },
  ]);
  expect((await cli.refused(2, 'verify')).remedy).toContain('--all');
});

test('the instance is not deleted while it has data; with --force its registry goes and every file stays', async () => {
  const refused = await cli.refused(4, 'delete-instance', 'keep-artifacts-local');
  expect(refused.code).toBe('instance_has_data');
  expect(refused.message).toContain(cli.path('our_local_storage/output.bam'));
  const { remains } = await cli.json(
    z.strictObject({ remains: z.array(z.string()) }),
    'delete-instance',
    'keep-artifacts-local',
    '--force',
  );
  expect(remains).toEqual(expect.arrayContaining([cli.path('our_local_storage'), cli.path('our_local_storage2')]));
  expect(existsSync(cli.path('our_local_storage/output.bam'))).toBe(true);
  expect(contentOf('our_local_storage2').length).toBeGreaterThan(0);
  expect((await cli.json(items(instanceRecord), 'instances')).items).toEqual([]);
});
