/** The whole story of `lamindb-keep-artifacts-local.txt`, step by step, by the command line, on real stores. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { artifactRecord, storageRecord } from '../../../shared/contract/index.ts';
import { commandLine, type CommandLine } from '../../hosts/cli/command-line.ts';
import type { ServerName } from '../../stores/install-server.ts';
import { startGcs } from '../../stores/start-gcs.ts';
import { startS3, type S3ServerName } from '../../stores/start-s3.ts';

const artifacts = z.object({ items: z.array(artifactRecord), warnings: z.array(z.string()).optional() });
const storages = z.object({ items: z.array(storageRecord) });
const tree = z.object({
  n_files: z.number(),
  suffixes: z.array(z.object({ suffix: z.string(), n: z.number(), size: z.number() })),
});
const view = z.object({ items: z.array(z.object({ id: z.number(), operation: z.string() })) });
const anything = z.unknown();

/** A store as a person has it: where it is, and what the program is told of it. */
interface Store {
  /** Without its endpoint. */
  root: string;
  type: 's3' | 'gs';
  region: string | null;
  /** The root as it is given. */
  given: string;
  env: Record<string, string>;
  remove(): Promise<void>;
}

async function onS3(name: S3ServerName): Promise<Store> {
  const server = await startS3(name);
  const root = `s3://${server.bucket}/keep-artifacts-local`;
  const given = `${root}?endpoint_url=${server.endpoint}`;
  return { root, type: 's3', region: 'us-east-1', given, env: { ...server.env }, remove: () => server.remove() };
}

async function onGcs(): Promise<Store> {
  const server = await startGcs();
  const root = `gs://${server.bucket}/keep-artifacts-local`;
  const region = 'us-central1';
  return {
    root,
    type: 'gs',
    region,
    given: `${root}?api_endpoint=${server.endpoint}`,
    env: {},
    remove: () => server.stop(),
  };
}

const stores: [ServerName, () => Promise<Store>][] = [
  ['versitygw', () => onS3('versitygw')],
  ['minio', () => onS3('minio')],
  ['fake-gcs-server', onGcs],
];
describe.each(stores)('keep artifacts local, on %s', (name, start) => {
  const missing = inject('storesMissing')[name];
  if (missing !== null) {
    it.skip(`skipped: ${missing}`, () => undefined);
    return;
  }
  let store: Store;
  let cli: CommandLine;
  let root: string;
  const file1 = randomBytes(20_000_000);
  const uid = new Map<string, string>();
  beforeAll(async () => {
    store = await start();
    cli = commandLine({ env: store.env });
    ({ root } = store);
    mkdirSync(cli.path('outside'));
    writeFileSync(cli.path('outside/file1.fcs'), file1);
    writeFileSync(cli.path('outside/file.fastq.gz'), randomBytes(1000));
    writeFileSync(cli.path('outside/mini.csv'), 'a,b\n1,2\n');
    mkdirSync(cli.path('our_local_storage'));
    writeFileSync(cli.path('our_local_storage/output.bam'), randomBytes(2000));
  });
  afterAll(async () => {
    await cli.close();
    await store.remove();
  });
  const pathOf = async (artifact: string): Promise<string> =>
    (await cli.json(z.object({ path: z.string() }), 'path', artifact)).path;
  const own = (folder: string): string[] => readdirSync(cli.path(folder, '.lamindb')).sort();

  it('a cloud instance, the switch, a local storage with its host', async () => {
    await cli.json(anything, 'init', '--storage', store.given);
    await cli.json(anything, 'settings', 'keep-artifacts-local', 'on');
    await cli.json(storages, 'storage', 'add', './our_local_storage', '--host', 'abc-institute-drive1');
    const { items } = await cli.json(storages, 'storage', 'list');
    expect(
      items.map(({ root: at, type, region, default: isDefault, local }) => [at, type, region, isDefault, local]),
    ).toEqual([
      // Where the store is asked is not shown as a part of the root.
      [root, store.type, store.region, true, false],
      [cli.path('our_local_storage'), 'local', 'abc-institute-drive1', false, true],
    ]);
  });

  it('what is saved goes to the local storage; what is there already stays where it is', async () => {
    const saved = await cli.json(artifacts, 'save', 'outside/file1.fcs', '--key', 'example_datasets/file1.fcs');
    uid.set('file1', saved.items[0]?.uid ?? '');
    const path = await pathOf('example_datasets/file1.fcs');
    expect(path).toBe(cli.path('our_local_storage/.lamindb', `${uid.get('file1') ?? ''}.fcs`));
    expect(readFileSync(path).equals(file1)).toBe(true);
    await cli.json(artifacts, 'save', 'our_local_storage/output.bam');
    expect(await pathOf('output.bam')).toBe(cli.path('our_local_storage/output.bam'));
    expect((await cli.json(tree, 'storage', 'tree', './our_local_storage')).n_files).toBe(3);
  });

  it('a second local storage', async () => {
    await cli.json(storages, 'storage', 'add', './our_local_storage2', '--host', 'abc-institute-drive1');
    await cli.json(storages, 'storage', 'local', './our_local_storage2');
    await cli.json(artifacts, 'save', 'outside/file.fastq.gz', '--key', 'example_datasets/file.fastq.gz');
    expect(own('our_local_storage2')).toContainEqual(expect.stringMatching(/\.fastq\.gz$/));
  });

  it('uploaded, the local copy moves to the cache and the object appears', async () => {
    const local = await pathOf('example_datasets/file1.fcs');
    const { items, warnings } = await cli.json(artifacts, 'upload', 'example_datasets/file1.fcs');
    expect(warnings?.[0]).toMatch(/^moved local artifact to cache: /);
    const address = `${root}/.lamindb/${uid.get('file1') ?? ''}.fcs`;
    expect(items[0]).toMatchObject({ uid: uid.get('file1'), state: 'ok', storage: { root } });
    const [object, cached] = items[0]?.copies ?? [];
    expect(object).toMatchObject({ path: address, verified_at: expect.any(String) as string });
    expect(cached).toMatchObject({
      storage: null,
      path: warnings?.[0]?.slice('moved local artifact to cache: '.length),
    });
    expect(readFileSync(cached?.path ?? '').equals(file1)).toBe(true);
    expect(await pathOf('example_datasets/file1.fcs')).toBe(address);
    expect(existsSync(local)).toBe(false);
    expect(own('our_local_storage')).toEqual(['storage_uid.txt']);
    const { items: changes } = await cli.json(view, 'view');
    for (const operation of ['upload', 'to cache']) {
      const change = changes.find((one) => one.operation === operation);
      // Taken back in the registry alone it would name a copy that is not there.
      expect((await cli.refused(4, 'undo', String(change?.id))).message).toContain('in the cloud now');
    }
    // Done already: nothing is sent, and nothing changes.
    const before = await cli.json(artifacts, 'list');
    await cli.json(artifacts, 'upload', 'example_datasets/file1.fcs');
    expect(await cli.json(artifacts, 'list')).toEqual(before);
  });

  it('directly into the cloud; everything is read again and is right', async () => {
    await cli.json(artifacts, 'save', 'outside/mini.csv', '--key', 'example_datasets/mini.csv', '--upload');
    expect((await cli.json(tree, 'storage', 'tree', root)).suffixes).toEqual(
      expect.arrayContaining([
        { suffix: '.csv', n: 1, size: 8 },
        { suffix: '.fcs', n: 1, size: 20_000_000 },
      ]),
    );
    const listed = await cli.run('list', '--include', 'storage__root', '--include', 'storage__region');
    expect(listed.out.split('\n')[1]).toMatch(new RegExp(`mini.csv.*${root} +${store.region ?? ''}`));
    expect(await cli.json(z.object({ checked: z.number(), ok: z.number() }), 'verify', '--all')).toMatchObject({
      checked: 4,
      ok: 4,
    });
  });

  it('what is not on this computer any more is fetched, and proven', async () => {
    const { path } = await cli.json(
      z.object({ path: z.string() }),
      'cache',
      'example_datasets/mini.csv',
      '--to',
      'new.csv',
    );
    expect([path, readFileSync(path, 'utf8')]).toEqual([cli.path('new.csv'), 'a,b\n1,2\n']);
    expect((await cli.refused(4, 'cache', 'example_datasets/mini.csv', '--to', 'new.csv')).code).toBe('already_exists');
  });

  it('a description', async () => {
    const words = ['storage', 'edit', './our_local_storage', '--description', 'Our shared directory for project X'];
    expect((await cli.json(storages, ...words)).items[0]?.description).toBe('Our shared directory for project X');
  });

  it('deleted with content and without, then the instance', async () => {
    const refused = await cli.refused(4, 'delete-instance', 'keep-artifacts-local');
    expect(refused.message).toContain(`${root}/.lamindb/${uid.get('file1') ?? ''}.fcs`);
    for (const key of ['file1.fcs', 'mini.csv', 'file.fastq.gz'])
      await cli.json(anything, 'delete', `example_datasets/${key}`, '--permanent');
    const last = await cli.json(
      z.object({ remains: z.array(z.string()) }),
      'delete',
      'output.bam',
      '--permanent',
      '--storage',
      'no',
    );
    expect(last.remains).toEqual([`a file remains here: ${cli.path('our_local_storage/output.bam')}`]);
    // The mark, the registry and who may write.
    expect((await cli.json(tree, 'storage', 'tree', root)).suffixes.map(({ suffix }) => suffix).sort()).toEqual([
      '.db',
      '.json',
      '.txt',
    ]);
    await cli.json(anything, 'delete-instance', 'keep-artifacts-local');
    expect(existsSync(cli.path('our_local_storage/output.bam'))).toBe(true);
    // The mark is gone, too: the place can be used anew.
    await cli.json(anything, 'init', '--storage', store.given, '--name', 'again');
    expect((await cli.json(tree, 'storage', 'tree', root)).n_files).toBe(3);
  });
});
