/** Files registered where they are: names of every kind, versions, large files, what is never opened. */
import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, openSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerFiles } from '../../src-main/artifacts/index.ts';
import { joinRaw, rawFromBytes } from '../../src-main/ports/fs/raw-path.ts';
import { localRoot } from '../../src-main/storage/index.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const copies = () =>
  test.context.registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['copy.path', 'artifact.uid', 'artifact.key', 'artifact.sha256'])
    .orderBy('copy.id')
    .execute();
const inventory = () => test.context.workstation.db.selectFrom('inventory').selectAll().orderBy('name').execute();

it('is one record, one copy and one row of the inventory a file, and known the next time', async () => {
  test.put('lab/run/a.csv', 'one');
  const [outcome] = await test.register(['run/a.csv']);
  expect(outcome).toMatchObject({ kind: 'registered', version: false });
  const [row] = await test.rows();
  expect(row).toMatchObject({
    key: 'run/a.csv',
    suffix: '.csv',
    size: 3,
    state: 'ok',
    key_is_virtual: 0,
    is_latest: 1,
    hash_type: 'md5',
  });
  expect(await copies()).toMatchObject([{ uid: row?.uid, path: Buffer.from('run/a.csv') }]);
  expect(await inventory()).toMatchObject([{ artifact_uid: row?.uid, sha256: row?.sha256, gone_since: null, size: 3 }]);
  const changes = await test.changes();
  expect(await test.register(['run/a.csv'])).toEqual([{ kind: 'known', uid: row?.uid }]);
  expect(await test.changes()).toBe(changes);
});

it('makes versions of overwritten content, one newest, and keeps what was said of it', async () => {
  for (const content of ['one', 'two', 'three']) {
    test.put('lab/a.csv', content);
    await test.register(['a.csv']);
  }
  const rows = await test.rows();
  const stem = rows[0]?.stem_uid ?? '';
  expect(rows.map(({ uid }) => uid)).toEqual([`${stem}0000`, `${stem}0001`, `${stem}0002`]);
  expect(rows.map(({ is_latest: latest }) => latest)).toEqual([0, 0, 1]);
  expect(rows.map(({ state, state_reason: reason }) => [state, reason])).toEqual([
    ['missing', 'overwritten'],
    ['missing', 'overwritten'],
    ['ok', null],
  ]);
  expect(await copies()).toMatchObject([{ uid: `${stem}0002` }]);
  expect((await test.verify({ registry: true })).failed).toEqual([]);
});

it('has a large file in the registry by its ends first, and by all of it at the end of the same call', async () => {
  const path = test.put('lab/large.bin', '');
  truncateSync(path, 300_000_000);
  const states: (string | undefined)[] = [];
  const before = test.context.onCommitted;
  const size = 300_000_000;
  const storage = await test.storage();
  const facts = await test.context.fs.look(joinRaw(localRoot(storage), rawFromBytes(Buffer.from('large.bin'))));
  if (facts === null) throw new Error('gone');
  const [outcome] = await registerFiles(
    {
      ...test.context,
      onCommitted(committed) {
        const row = test.context.registry.sqlite.prepare('SELECT state FROM artifact').get() as
          { state: string } | undefined;
        states.push(row?.state);
        before(committed);
      },
    },
    {
      storage,
      files: [{ path: rawFromBytes(Buffer.from('large.bin')), facts }],
      author: await test.context.author(),
      operation: 'watch',
    },
  );
  expect(states).toEqual(['unverified', 'ok']);
  expect(outcome?.kind).toBe('registered');
  expect(await test.rows()).toMatchObject([
    { size, hash: 'I-EOc37Fd5SZVtseNYT2KN', hash_type: 'sha1-fl', state: 'ok' },
  ]);
  expect((await test.rows())[0]?.sha256).toHaveLength(64);
});

it('F-IN10 tells two large files of one sha1-fl apart, and a flipped byte in the middle of one', async () => {
  const path = test.put('lab/a.bin', '');
  truncateSync(path, 110_000_000);
  const handle = openSync(test.put('lab/b.bin', ''), 'w');
  writeSync(handle, Buffer.from([1]), 0, 1, 55_000_000);
  closeSync(handle);
  truncateSync(join(test.lab, 'b.bin'), 110_000_000);
  await test.register(['a.bin', 'b.bin']);
  const [a, b] = await test.rows();
  expect(a?.hash).toBe(b?.hash);
  expect(a?.sha256).not.toBe(b?.sha256);
  renameSync(join(test.lab, 'b.bin'), path);
  expect(await test.register(['a.bin'])).toMatchObject([{ kind: 'registered', version: true }]);
});

it('heals a record that was called changed when its bytes are right again', async () => {
  test.put('lab/a.csv', 'one');
  await test.register(['a.csv']);
  const [row] = await test.rows();
  test.put('lab/a.csv', 'two');
  await test.verify({ all: true });
  expect(await test.row(row?.uid ?? '')).toMatchObject({ state: 'changed' });
  test.put('lab/a.csv', 'one');
  expect(await test.register(['a.csv'])).toMatchObject([{ kind: 'known' }]);
  expect(await test.row(row?.uid ?? '')).toMatchObject({ state: 'ok' });
});

it('F-IN22 makes an artifact of each of many empty files', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `${String(i)}.csv`);
  for (const name of names) test.put(`lab/${name}`, '');
  expect(new Set((await test.register(names)).map((outcome) => 'uid' in outcome && outcome.uid)).size).toBe(300);
});

it('F-IN24 makes two records of two names of one inode', async () => {
  linkSync(test.put('lab/a.csv', 'one'), join(test.lab, 'b.csv'));
  await test.register(['a.csv', 'b.csv']);
  const [a, b] = await inventory();
  expect(a?.ino).toBe(b?.ino);
  expect(a?.artifact_uid).not.toBe(b?.artifact_uid);
});

describe('names', () => {
  const NFC = Buffer.from('Zürich.csv'.normalize('NFC'));
  const NFD = Buffer.from('Zürich.csv'.normalize('NFD'));
  const names: [string, Buffer][] = [
    ['F-IN14 upper case', Buffer.from('A.fcs')],
    ['F-IN14 lower case', Buffer.from('a.fcs')],
    ['F-IN18 a line feed', Buffer.from('two\nlines.csv')],
    ['F-IN18 a tab', Buffer.from('a\tb.csv')],
    ['F-IN18 text that runs backwards', Buffer.from('a\u202Evsc.csv')],
    ['F-IN18 an emoji', Buffer.from('🧪 assay.csv')],
    ['F-IN18 a leading dash', Buffer.from('-rf.csv')],
    ['F-IN18 a quote', Buffer.from(`it's "it".csv`)],
    ['F-IN18 an encoded dot', Buffer.from('%2e%2e.csv')],
    ['F-IN18 255 bytes', Buffer.from(`${'x'.repeat(251)}.csv`)],
    ['F-IN19 invalid UTF-8', Buffer.from([0x62, 0xff, 0xfe, 0x2e, 0x63, 0x73, 0x76])],
    ['F-IN20 the composed form', NFC],
    ['F-IN20 the decomposed form', NFD],
    [
      'all other bytes',
      Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 0x2f)).subarray(0, 250),
    ],
  ];

  it('F-IN14 F-IN18 F-IN19 F-IN20 of every kind come back byte by byte, each an artifact', async () => {
    const root = Buffer.from(`${test.lab}/`);
    for (const [, name] of names) writeFileSync(Buffer.concat([root, name]), name);
    const outcomes = await test.register(names.map(([, name]) => name));
    expect(outcomes.map(({ kind }) => kind)).toEqual(names.map(() => 'registered'));
    const there = await copies();
    expect(there.map(({ path }) => path)).toEqual(names.map(([, name]) => name));
    const stored = await inventory();
    expect(stored.map(({ name }) => name.toString('hex')).sort()).toEqual(
      names.map(([, name]) => name.toString('hex')).sort(),
    );
    // Known again by the same bytes.
    expect((await test.register(names.map(([, name]) => name))).map(({ kind }) => kind)).toEqual(
      names.map(() => 'known'),
    );
    expect(there[10]?.key).toBe('b%FF%FE.csv');
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });

  it('F-IN18 a path of more than 4096 bytes fails alone, in words', async () => {
    const long = Array.from({ length: 20 }, () => 'd'.repeat(250)).join('/');
    test.put('lab/a.csv', 'one');
    const storage = await test.storage();
    const facts = await test.context.fs.look(joinRaw(localRoot(storage), rawFromBytes(Buffer.from('a.csv'))));
    if (facts === null) throw new Error('gone');
    const files = [`${long}/a.csv`, 'a.csv'].map((name) => ({ path: rawFromBytes(Buffer.from(name)), facts }));
    const outcomes = await registerFiles(test.context, {
      storage,
      files,
      author: await test.context.author(),
      operation: 'watch',
    });
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { code: 'name_not_valid' } }, { kind: 'registered' }]);
  });
});

it('F-IN16 never opens pipes, sockets and devices', async () => {
  execFileSync('mkfifo', [join(test.lab, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(test.lab, 'socket'), resolve));
  const names = ['pipe', 'socket'];
  if (process.getuid?.() === 0) {
    execFileSync('mknod', [join(test.lab, 'device'), 'c', '1', '5']);
    names.push('device');
  }
  try {
    for (const outcome of await test.register(names)) expect(outcome.kind).toBe('failed');
    for (const name of names) {
      await expect(test.save(join(test.lab, name))).rejects.toMatchObject({ code: 'not_a_file' });
    }
    expect(await test.rows()).toEqual([]);
  } finally {
    server.close();
  }
});

it('registers what a watcher and a person give at the same time once', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `${String(i)}.csv`);
  for (const name of names) test.put(`lab/${name}`);
  await Promise.all([test.register(names), test.save(names.map((name) => join(test.lab, name))), test.register(names)]);
  expect(await test.rows()).toHaveLength(40);
  for (const name of names) test.put(`lab/${name}`, `${name} again`);
  await Promise.all([test.register(names), test.save(names.map((name) => join(test.lab, name))), test.register(names)]);
  expect(await test.rows()).toHaveLength(80);
  expect((await test.verify({ registry: true })).failed).toEqual([]);
});

it('stops between batches with what was done kept', async () => {
  mkdirSync(join(test.lab, 'many'));
  const names = Array.from({ length: 1000 }, (_, i) => `many/${String(i)}.csv`);
  for (const name of names) test.put(`lab/${name}`);
  const stop = new AbortController();
  const storage = await test.storage();
  const files = [];
  for (const name of names) {
    const path = rawFromBytes(Buffer.from(name));
    const facts = await test.context.fs.look(joinRaw(localRoot(storage), path));
    if (facts !== null) files.push({ path, facts });
  }
  const context = {
    ...test.context,
    onCommitted: () => {
      stop.abort();
    },
  };
  const registering = registerFiles(context, {
    storage,
    files,
    author: await test.context.author(),
    operation: 'watch',
    signal: stop.signal,
  });
  await expect(registering).rejects.toMatchObject({ code: 'cancelled' });
  const { length } = await test.rows();
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThan(1000);
  expect(await inventory()).toHaveLength(length);
});
