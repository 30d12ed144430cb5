/** Two data folders of one computer and the place between them, by the command line, on folders and real stores. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { artifactRecord, instanceInfo, storageRecord } from '../../shared/contract/index.ts';
import { backupRecord } from '../../shared/contract/registry.ts';
import { parseCloudRoot, openStores, type ObjectStore } from '../../src-main/storage/index.ts';
import { commandLine, type CommandLine } from '../hosts/cli/command-line.ts';
import { startGcs } from '../stores/start-gcs.ts';
import { startS3 } from '../stores/start-s3.ts';

const artifacts = z.object({ items: z.array(artifactRecord) });
const storages = z.object({ items: z.array(storageRecord) });
const backups = z.object({ items: z.array(backupRecord) });
const anything = z.unknown();

interface Place {
  given: string;
  root: string;
  env: Record<string, string>;
  /** Names below `.lamindb/`. */
  names(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  remove(): Promise<void>;
}

async function cloud(given: string, env: Record<string, string>, stop: () => Promise<void>): Promise<Place> {
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  const parsed = parseCloudRoot(given);
  if (parsed === null) throw new Error(given);
  const stores = openStores();
  const store: ObjectStore = await stores.open(parsed);
  return {
    given,
    root: parsed.root,
    env,
    async names() {
      const found: string[] = [];
      for await (const { key } of store.list('.lamindb/')) found.push(key.slice('.lamindb/'.length));
      return found.sort();
    },
    read: (name) => store.readRange(`.lamindb/${name}`, 0, 50_000_000),
    async remove() {
      stores.close();
      await stop();
    },
  };
}

const places: [string, () => Promise<Place>][] = [
  [
    'a folder',
    () => {
      const base = mkdtempSync(join(tmpdir(), 'benchkeep-place-'));
      const root = join(base, 'shared');
      const own = join(root, '.lamindb');
      return Promise.resolve({
        given: root,
        root,
        env: {},
        names: () => Promise.resolve((readdirSync(own, { recursive: true }) as string[]).sort()),
        read: (name) => Promise.resolve(readFileSync(join(own, name))),
        remove: () => Promise.resolve(rmSync(base, { recursive: true })),
      });
    },
  ],
  [
    'versitygw',
    async () => {
      const server = await startS3('versitygw');
      const given = `s3://${server.bucket}/shared?endpoint_url=${server.endpoint}`;
      return cloud(given, { ...server.env }, () => server.remove());
    },
  ],
  [
    'fake-gcs-server',
    async () => {
      const server = await startGcs();
      return cloud(`gs://${server.bucket}/shared?api_endpoint=${server.endpoint}`, {}, () => server.stop());
    },
  ],
];

describe.each(places)('the registry in %s', (name, start) => {
  const missing = inject('storesMissing')[name as 'versitygw'] ?? null;
  if (missing !== null) {
    test.skip(`skipped: ${missing}`, () => undefined);
    return;
  }
  let place: Place;
  let a: CommandLine;
  let b: CommandLine;
  beforeAll(async () => {
    place = await start();
    a = commandLine({ env: place.env });
    b = commandLine({ env: place.env });
    for (const one of [a, b]) {
      mkdirSync(one.path('files'));
      writeFileSync(one.path('files/first.csv'), `a,b\n1,${one.folder}\n`);
      writeFileSync(one.path('files/second.csv'), `a,b\n2,${one.folder}\n`);
    }
  });
  afterAll(async () => {
    await a.close();
    await b.close();
    await place.remove();
  });
  const keys = async (one: CommandLine): Promise<(string | null)[]> =>
    (await one.json(artifacts, 'list')).items.map(({ key }) => key).sort();
  const published = async (): Promise<Database.Database> => new Database(await place.read('benchkeep.db'));
  const info = (one: CommandLine) => one.json(instanceInfo, 'info');

  test('init publishes: a whole registry, beside the mark and the lease', async () => {
    await a.json(anything, 'init', '--storage', place.given, '--name', 'lab');
    const names = await place.names();
    expect(names).toContain('benchkeep.db');
    expect(names).toContain('storage_uid.txt');
    expect(names.some((one) => one.startsWith('_exclusion/lease'))).toBe(true);
    const db = await published();
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.prepare('SELECT name FROM instance').pluck().get()).toBe('lab');
    db.close();
  });

  test('what a command wrote is there when it ends; publish says so', async () => {
    const local = ['storage', 'add', './local'];
    await a.json(anything, ...local);
    await a.json(artifacts, 'save', 'files/first.csv', '--key', 'first.csv');
    const db = await published();
    expect(db.prepare('SELECT key FROM artifact').pluck().all()).toEqual(['first.csv']);
    db.close();
    const answer = z.object({ kind: z.string(), path: z.string(), last_change: z.number() });
    expect(await a.json(answer, 'publish')).toMatchObject({
      kind: 'current',
      path: `${place.root}/.lamindb/benchkeep.db`,
    });
    expect((await info(a)).published).toMatchObject({ root: place.root, unpublished: 0, problem: null });
  });

  test('a second computer connects by the root and has everything; folders of the first are on another computer', async () => {
    const { items } = await b.json(
      z.object({ items: z.array(z.object({ name: z.string() })) }),
      'connect',
      place.given,
    );
    expect(items[0]?.name).toBe('lab');
    expect(await keys(b)).toEqual(['first.csv']);
    const local = (await b.json(storages, 'storage', 'list')).items.find(({ root }) => root === a.path('local'));
    expect(local?.local).toBe(false);
    expect((await info(b)).warnings).toEqual([]);
  });

  test('in turns: each begins with what the other did, with a backup before', async () => {
    await b.json(anything, 'label', 'create', 'of-b');
    await a.json(anything, 'label', 'create', 'of-a');
    const labels = z.object({ items: z.array(z.object({ name: z.string() })) });
    const namesOf = async (one: CommandLine): Promise<string[]> =>
      (await one.json(labels, 'label', 'list')).items.map((label) => label.name).sort();
    expect(await namesOf(a)).toEqual(['of-a', 'of-b']);
    expect(await namesOf(b)).toEqual(['of-a', 'of-b']);
    expect((await b.json(backups, 'backup', 'list')).items.map(({ kind, good }) => [kind, good])).toEqual([
      ['before restore', true],
    ]);
  });

  test('while one has it open for writing the other one reads, and says who has it', async () => {
    const serving = a.start('watch');
    await expect.poll(async () => (await a.json(instanceInfo, 'info')).published?.holds).toBe(true);
    const refused = await b.refused(1, 'label', 'create', 'not-now');
    expect(refused.code).toBe('registry_read_only');
    expect(refused.message).toContain('Someone else has this instance open for writing');
    expect(await keys(b)).toEqual(['first.csv']);
    serving.child.kill('SIGTERM');
    await serving.ended;
    await b.json(anything, 'label', 'create', 'now');
  });

  test('copies that went different ways are shown, and neither is merged or overwritten', async () => {
    // What b does while nobody can tell: its memory of the place is that of before, and the place is back later.
    const aside = b.path('aside');
    await a.json(anything, 'list');
    renameSync(join(a.home), `${a.home}.old`);
    const { cpSync } = await import('node:fs');
    cpSync(`${a.home}.old`, a.home, { recursive: true });
    await b.json(anything, 'label', 'create', 'of-b-alone');
    const before = await place.read('benchkeep.db');
    // The same history, continued elsewhere: changed without its place.
    const uid = readdirSync(join(a.home, 'instances')).find((one) => !one.startsWith('.')) ?? '';
    const card = join(a.home, 'instances', uid, 'instance.json');
    const text = readFileSync(card, 'utf8');
    writeFileSync(
      card,
      JSON.stringify({ ...(JSON.parse(text) as object), storage: aside, storage_options: undefined }),
    );
    const memory = join(a.home, 'instances', uid, 'published.json');
    const known = JSON.parse(readFileSync(memory, 'utf8')) as object;
    writeFileSync(memory, JSON.stringify({ ...known, place: null }));
    await a.json(anything, 'label', 'create', 'of-a-alone');
    writeFileSync(card, text);
    writeFileSync(memory, JSON.stringify(known));
    const told = await a.json(instanceInfo, 'info');
    expect(told.published?.diverged).toBe(true);
    expect(told.warnings.join(' ')).toContain('have gone different ways');
    expect((await a.refused(4, 'publish')).message).toContain('have gone different ways');
    expect((await place.read('benchkeep.db')).equals(before)).toBe(true);
    const beside = await a.json(z.object({ kind: z.string(), path: z.string() }), 'publish', '--beside');
    expect(beside.kind).toBe('beside');
    expect((await place.names()).some((one) => one.startsWith('published/benchkeep-of-'))).toBe(true);
    await a.json(anything, 'connect', 'lab', '--published');
    expect((await info(a)).published?.diverged).toBe(false);
    const labels = z.object({ items: z.array(z.object({ name: z.string() })) });
    expect((await a.json(labels, 'label', 'list')).items.map((label) => label.name)).toContain('of-b-alone');
    expect((await a.json(backups, 'backup', 'list')).items.some(({ kind }) => kind === 'before restore')).toBe(true);
  });

  test('F-AP09 the whole data folder lost: everything is there again, and the folders of this computer are its own', async () => {
    const records = (await a.json(artifacts, 'list')).items;
    rmSync(a.home, { recursive: true });
    rmSync(`${a.home}.old`, { recursive: true });
    await a.json(anything, 'connect', place.given);
    const found = (await a.json(artifacts, 'list')).items;
    expect(found.map(({ uid, key, sha256 }) => [uid, key, sha256])).toEqual(
      records.map(({ uid, key, sha256 }) => [uid, key, sha256]),
    );
    // Only what is this computer's can be chosen.
    const { items } = await a.json(storages, 'storage', 'local', './local');
    expect(items[0]).toMatchObject({ root: a.path('local'), local: true });
    expect(existsSync(a.path('local/.lamindb/storage_uid.txt'))).toBe(true);
    await a.json(anything, 'verify', '--all');
  });

  test('F-AP09 registry and backups lost: doctor takes the published copy', async () => {
    const records = await keys(a);
    const uid = readdirSync(join(a.home, 'instances')).find((one) => !one.startsWith('.')) ?? '';
    const folder = join(a.home, 'instances', uid);
    for (const name of readdirSync(folder)) if (name.startsWith('registry.db')) rmSync(join(folder, name));
    rmSync(join(folder, 'backups'), { recursive: true });
    // Its exit code says that there is no backup now.
    const { out } = await a.run('doctor', '--repair', '--json');
    const { checks } = z.object({ checks: z.array(z.object({ message: z.string() })) }).parse(JSON.parse(out));
    expect(checks[0]?.message).toContain('taken from the published copy');
    expect(await keys(a)).toEqual(records);
  });

  test('deleting the instance takes the published registry and the lease away, and names what stays', async () => {
    const { remains } = await a.json(z.object({ remains: z.array(z.string()) }), 'delete-instance', 'lab', '--force');
    const names = await place.names();
    expect(names).not.toContain('benchkeep.db');
    expect(names.some((one) => one.startsWith('_exclusion'))).toBe(false);
    expect(remains.join(' ')).toContain('published/benchkeep-of-');
  });
});
