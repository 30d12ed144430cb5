import { symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import type { OpenInstance } from '../../src-main/instance/index.ts';
import { rawFromText, rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { ignoreFile, retryFile, unignoreFile } from '../../src-main/watching/index.ts';
import { suchNames } from '../../src-main/watching/such-names.ts';
import { fakeClock } from './fake-clock.ts';
import { LONG, openWatching, until, type TestWatching } from './open-watching.ts';

let test: TestWatching;
afterEach(() => test.close());

/** Files whose name says so can't be read, as on a disk with bad blocks; `read` gets every path that is tried. */
function badDisk(read: string[] = []): (context: OpenInstance) => OpenInstance {
  const error = toErrorData(new BenchkeepError('io_error', 'It can not be read', 'Check the disk.', { retry: true }));
  return (context) => ({
    ...context,
    hasher: {
      ...context.hasher,
      async hashFiles(paths, options) {
        read.push(...paths.map(rawToDisplay));
        const good = paths.filter((path) => !path.includes('bad'));
        const outcomes = good.length === 0 ? [] : await context.hasher.hashFiles(good, options);
        return paths.map((path) =>
          path.includes('bad') ? { kind: 'failed', error } : (outcomes[good.indexOf(path)] ?? { kind: 'gone' }),
        );
      },
    },
  });
}

const item = async (name: string) => (await test.inbox()).find(({ relative }) => relative === name);

describe('ignore this', () => {
  it('leaves a file alone for good: after changes of it, failures and a restart, until it is taken back', async () => {
    test = await openWatching();
    const path = test.put('a.csv');
    test.put('b.csv');
    await test.pass({ settle: LONG });
    expect(await item('a.csv')).toMatchObject({ state: 'waiting', can: ['ignore', 'ignore names'], pattern: '*.csv' });
    expect(await ignoreFile(test.context, { storage: test.root, path: 'a.csv', names: false })).toEqual({
      pattern: null,
    });
    expect(await item('a.csv')).toMatchObject({ state: 'ignored', next: null, can: ['unignore'], path });
    await test.pass();
    expect(await test.keys()).toEqual(['b.csv']);
    await test.restart();
    test.put('a.csv', 'changed');
    await test.pass();
    await test.pass({ start: ['a.csv'] });
    expect(await test.keys()).toEqual(['b.csv']);
    expect(await item('a.csv')).toMatchObject({ state: 'ignored', reason: 'Left alone – you said to ignore it.' });
    await unignoreFile(test.context, { storage: test.root, path: 'a.csv' });
    expect(await item('a.csv')).toMatchObject({ state: 'waiting' });
    await test.pass({ start: ['a.csv'] });
    expect(await test.keys()).toEqual(['a.csv', 'b.csv']);
    expect(await test.inbox()).toEqual([]);
  });

  it('leaves a folder alone with all in it', async () => {
    test = await openWatching({ context: badDisk() });
    test.put('run/a.csv');
    const { uid } = await test.storage();
    await test.context.workstation.db
      .insertInto('inbox')
      .values({
        storage_uid: uid,
        path: Buffer.from('run'),
        state: 'failed',
        cause: 'file_unreadable',
        reason: 'It can not be read',
        since: '2026-01-01T00:00:00.000Z',
        next: null,
        attempts: 1,
        size: 0,
        mtime_ns: '0',
        ctime_ns: '0',
        dev: '0',
        ino: '0',
      })
      .execute();
    await ignoreFile(test.context, { storage: test.root, path: 'run', names: false });
    await test.pass();
    expect(await test.keys()).toEqual([]);
  });

  it('is refused for what is not there and for links', async () => {
    test = await openWatching();
    symlinkSync('/', test.path('link'));
    await test.pass();
    expect(await item('link')).toMatchObject({ state: 'ignored', can: [], pattern: null });
    await expect(ignoreFile(test.context, { storage: test.root, path: 'link', names: false })).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(ignoreFile(test.context, { storage: test.root, path: 'x', names: false })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(unignoreFile(test.context, { storage: test.root, path: 'link' })).rejects.toMatchObject({
      code: 'refused',
    });
  });
});

describe('ignore such names', () => {
  it('becomes a pattern of the rule, and nothing so named waits', async () => {
    test = await openWatching();
    test.put('a.lock');
    test.put('run/b.lock');
    test.put('c.csv');
    await test.pass({ settle: LONG });
    await test.rule({ exclude: ['old'] });
    const ignored = await ignoreFile(test.context, { storage: test.root, path: 'run/b.lock', names: true });
    expect(ignored).toEqual({ pattern: '*.lock' });
    expect(JSON.parse((await test.storage()).watch_rule ?? '')).toMatchObject({ exclude: ['old', '*.lock'] });
    expect((await test.inbox()).map(({ relative }) => relative)).toEqual(['c.csv']);
    await test.pass();
    expect(await test.keys()).toEqual(['c.csv']);
  });

  it.each([
    ['run/a.lock', '*.lock'],
    ['~$report.docx', '~$*'],
    ['lockfile', 'lockfile'],
    ['.hidden', '.hidden'],
    ['a.{b}*', '*.?b??'],
    ['name.', 'name.'],
  ])('%s proposes %s', async (name, pattern) => {
    test = await openWatching();
    expect(suchNames(rawFromText(name))).toBe(pattern);
  });
});

describe('retry now', () => {
  it('does not wait for the time of the next try', async () => {
    let bad = true;
    const read: string[] = [];
    test = await openWatching({
      context: (context) => {
        const spoiled = badDisk(read)(context);
        return {
          ...spoiled,
          hasher: { ...spoiled.hasher, hashFiles: (...given) => (bad ? spoiled : context).hasher.hashFiles(...given) },
        };
      },
    });
    test.put('bad 1.csv');
    test.put('bad 2.csv');
    await test.pass();
    expect(await item('bad 1.csv')).toMatchObject({ state: 'failed', can: ['retry', 'ignore', 'ignore names'] });
    bad = false;
    await test.rule({ settle: 0 });
    const watching = await test.start();
    await until(async () => (await watching.folders())[0]?.health === 'watching', 'first pass');
    expect(await test.keys()).toEqual([]);
    const { storage } = await retryFile(test.context, { storage: test.root, path: 'bad 1.csv' });
    watching.wake(storage);
    await until(async () => (await test.keys()).length === 1, 'one');
    expect(await test.keys()).toEqual(['bad 1.csv']);
    await retryFile(test.context, { storage: test.root, path: null });
    watching.wake(storage);
    await until(async () => (await test.keys()).length === 2, 'both');
    expect(await test.inbox()).toEqual([]);
  });

  it('what waits and what is new is read before what failed', async () => {
    const read: string[] = [];
    const clock = fakeClock();
    test = await openWatching({ clock, context: badDisk(read) });
    for (let i = 0; i < 600; i++) test.put(`bad ${String(i)}.csv`);
    await test.rule({ settle: 0 });
    const watching = await test.start();
    await until(async () => (await test.inbox()).filter(({ state }) => state === 'failed').length === 600, 'failed');
    await until(async () => (await watching.folders())[0]?.health === 'watching', 'first pass');
    read.length = 0;
    for (let i = 0; i < 20; i++) test.put(`zz ${String(i)}.csv`);
    // All of them are due again, and a hint comes.
    clock.jump(4000);
    test.hints.hint(...Array.from({ length: 20 }, (_, i) => test.path(`zz ${String(i)}.csv`)));
    await until(async () => {
      await clock.advance(500);
      return (await test.keys()).length === 20;
    }, 'the good ones');
    expect(read.slice(0, 20).every((path) => path.includes('zz'))).toBe(true);
    // In pieces, so that others get their turn.
    await until(async () => {
      await clock.advance(500);
      return read.length >= 620;
    }, 'all were tried');
  });
});

it('lists what failed first, what is left out last', async () => {
  test = await openWatching({ context: badDisk() });
  symlinkSync('/', test.path('link'));
  test.put('bad.csv');
  await test.pass();
  test.put('young.csv');
  await test.pass({ settle: LONG });
  expect((await test.inbox()).map(({ state }) => state)).toEqual(['failed', 'waiting', 'ignored']);
});
