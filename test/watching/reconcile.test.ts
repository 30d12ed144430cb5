import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawFromBytes } from '../../src-main/ports/fs/raw-path.ts';
import { reconcile } from '../../src-main/watching/reconcile.ts';
import { LONG, openWatching, until, type TestWatching } from './open-watching.ts';

let test: TestWatching;
beforeEach(async () => {
  test = await openWatching();
});
afterEach(() => test.close());

describe('a pass over a folder', () => {
  it('registers what is there, once, in the name of its instrument', async () => {
    test.put('a.csv');
    test.put('run 1/deep/er/b.fcs');
    const { totals, taken } = await test.pass();
    expect(taken).toEqual({ registered: 2, versions: 0, waiting: 0, failed: 0 });
    expect(totals).toEqual({ files: 2, folders: 4, bytes: 24, skipped: 0, failed: 0 });
    expect(await test.keys()).toEqual(['a.csv', 'run 1/deep/er/b.fcs']);
    const [row] = await test.artifacts();
    const run = await test.context.registry.db
      .selectFrom('run')
      .innerJoin('transform', 'transform.id', 'run.transform_id')
      .select(['kind', 'key'])
      .where('run.id', '=', row?.run_id ?? 0)
      .executeTakeFirst();
    expect(run).toEqual({ kind: 'instrument', key: 'instrument' });

    const before = await test.changes();
    expect((await test.pass()).taken.registered).toBe(0);
    expect(await test.changes()).toBe(before);
    expect(await test.inbox()).toEqual([]);
  });

  it('makes a version of changed content, and none of new times alone', async () => {
    const path = test.put('a.csv', 'one');
    await test.pass();
    utimesSync(path, 1000, 1000);
    expect((await test.pass()).taken).toMatchObject({ registered: 0 });
    writeFileSync(path, 'two');
    expect((await test.pass()).taken).toMatchObject({ registered: 1, versions: 1 });
    expect((await test.artifacts()).map(({ is_latest }) => is_latest)).toEqual([0, 1]);
    expect(await test.keys()).toEqual(['a.csv']);
  });

  it('finds names that are not valid UTF-8 and files that were hinted at by nobody', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${test.root}/m`), Buffer.from([0xff, 0xe9]), Buffer.from('.csv')]), 'x');
    test.put('Ä\n"1".csv');
    await test.pass();
    const rows = await test.context.workstation.db.selectFrom('inventory').select('name').execute();
    expect(rows.map(({ name }) => rawFromBytes(name)).sort()).toEqual(['m\xff\xe9.csv', '\xc3\x84\n"1".csv'].sort());
    expect((await test.pass()).taken).toMatchObject({ registered: 0, waiting: 0 });
  });

  it('notes a file that is gone and takes the note back, and changes nothing in the registry', async () => {
    for (let i = 0; i < 5; i++) test.put(`${String(i)}.csv`);
    test.put('run/b.csv');
    test.put('run/deep/c.csv');
    await test.pass();
    const before = await test.changes();
    rmSync(test.path('run'), { recursive: true });
    await test.pass();
    expect(await test.gone()).toEqual(['run/b.csv', 'run/deep/c.csv']);
    expect(await test.changes()).toBe(before);
    const states = new Set((await test.artifacts()).map(({ state }) => state));
    expect([...states]).toEqual(['ok']);

    mkdirSync(test.path('run'));
    writeFileSync(test.path('run/b.csv'), 'run/b.csv');
    await test.pass();
    expect(await test.gone()).toEqual(['run/deep/c.csv']);
    expect(await test.changes()).toBe(before);
  });

  it('takes back the note of a file that is back as it was', async () => {
    const path = test.put('a.csv');
    test.put('b.csv');
    await test.pass();
    renameSync(path, join(test.base, 'elsewhere'));
    await test.pass();
    expect(await test.gone()).toEqual(['a.csv']);
    renameSync(join(test.base, 'elsewhere'), path);
    await test.pass();
    expect(await test.gone()).toEqual([]);
    expect(await test.keys()).toEqual(['a.csv', 'b.csv']);
  });

  it('leaves out what the rule excludes, with all that is in an excluded folder', async () => {
    await test.rule({ include: ['*.csv'], exclude: ['cache', 'raw/**/old_*'] });
    for (const name of [
      'a.csv',
      'a.txt',
      'cache/b.csv',
      'x/cache/c.csv',
      'raw/old_1.csv',
      'raw/y/old_2.csv',
      'raw/new.csv',
    ])
      test.put(name);
    await test.pass();
    expect(await test.keys()).toEqual(['a.csv', 'raw/new.csv']);
    await test.pass({ start: ['x/cache/c.csv', 'cache/b.csv', 'a.txt'] });
    expect(await test.keys()).toEqual(['a.csv', 'raw/new.csv']);
  });

  it('says nothing about what an excluding rule hides, be it registered or not', async () => {
    test.put('cache/b.csv');
    await test.pass();
    await test.rule({ exclude: ['cache'] });
    await test.pass();
    expect(await test.gone()).toEqual([]);
  });

  it('refuses a pattern that can not be one', async () => {
    await expect(test.rule({ include: [''] })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('walks more files of one folder than fit into a batch', async () => {
    const folder = test.folder('instrument/many');
    for (let i = 0; i < 2500; i++) writeFileSync(join(folder, `${String(i)}.csv`), String(i));
    expect((await test.pass()).taken.registered).toBe(2500);
    for (let i = 0; i < 2500; i += 2) unlinkSync(join(folder, `${String(i)}.csv`));
    await test.pass();
    expect((await test.gone()).length).toBe(1250);
    expect((await test.pass()).totals.files).toBe(1250);
  });

  it('F-IN24 takes two names of one file as two', async () => {
    linkSync(test.put('a.csv'), test.path('b.csv'));
    await test.pass();
    expect(await test.keys()).toEqual(['a.csv', 'b.csv']);
  });

  it('stops in the middle when told to, and goes on at the next pass', async () => {
    for (let i = 0; i < 3000; i++) test.put(`${String(i % 30)}/${String(i)}.csv`);
    const stop = new AbortController();
    const storage = await test.storage();
    const pass = reconcile(test.context, {
      storage,
      settle: 0,
      signal: stop.signal,
      onTotals: () => {
        stop.abort();
      },
    });
    await expect(pass).rejects.toMatchObject({ code: 'cancelled' });
    const before = (await test.artifacts()).length;
    expect(before).toBeLessThan(3000);
    await test.pass();
    expect((await test.artifacts()).length).toBe(3000);
  });
});

describe('waiting', () => {
  it('shows a young file at once and registers it when it is old enough', async () => {
    test.put('a.csv');
    expect((await test.pass({ settle: LONG })).taken).toMatchObject({ registered: 0, waiting: 1 });
    expect(await test.inbox()).toMatchObject([
      { path: test.path('a.csv'), state: 'waiting', reason: 'Waiting – still being written' },
    ]);
    expect(await test.artifacts()).toEqual([]);
    await test.pass();
    expect(await test.inbox()).toEqual([]);
    expect(await test.keys()).toEqual(['a.csv']);
  });

  it('keeps since when it waits', async () => {
    const path = test.put('a.csv');
    await test.pass({ settle: LONG });
    const [first] = await test.inbox();
    appendFileSync(path, 'more');
    await test.pass({ settle: LONG });
    const [second] = await test.inbox();
    expect(second?.since).toBe(first?.since);
    expect(Date.parse(second?.next ?? '')).toBeGreaterThan(Date.parse(first?.next ?? ''));
  });

  it.each([
    [
      'it is gone',
      (path: string) => {
        unlinkSync(path);
      },
    ],
    [
      'a link stands there',
      (path: string) => {
        unlinkSync(path);
        symlinkSync('/etc/hostname', path);
      },
    ],
    [
      'a folder stands there',
      (path: string) => {
        unlinkSync(path);
        mkdirSync(path);
      },
    ],
    [
      'its folder is gone',
      (path: string) => {
        rmSync(join(path, '..'), { recursive: true });
      },
    ],
    [
      'its folder became a link',
      (path: string) => {
        renameSync(join(path, '..'), join(test.base, 'away'));
        symlinkSync(join(test.base, 'away'), join(path, '..'));
      },
    ],
  ])('ends when %s', async (_what, change) => {
    test.put('run/a.csv');
    test.put('b.csv');
    await test.pass({ settle: LONG });
    change(test.path('run/a.csv'));
    await test.pass({ settle: LONG, start: ['run/a.csv'] });
    expect((await test.inbox()).filter(({ state }) => state === 'waiting').map(({ path }) => path)).toEqual([
      test.path('b.csv'),
    ]);
    await test.pass();
    expect(await test.keys()).toEqual(['b.csv']);
  });

  it('ends at a whole pass too when it is gone, or excluded', async () => {
    const path = test.put('run/a.csv');
    test.put('b.csv');
    await test.pass({ settle: LONG });
    unlinkSync(path);
    await test.rule({ exclude: ['b.*'] });
    await test.pass({ settle: LONG });
    expect(await test.inbox()).toEqual([]);
  });

  it('F-IN01 begins anew where a file was written between the look and the reading', async () => {
    const path = test.put('a.csv', 'begin');
    const { hasher } = test.context;
    const storage = await test.storage();
    const writing = {
      ...test.context,
      hasher: {
        ...hasher,
        hashFiles: (...args: Parameters<typeof hasher.hashFiles>) => {
          appendFileSync(path, ', more');
          return hasher.hashFiles(...args);
        },
      },
    };
    expect((await reconcile(writing, { storage, settle: 0 })).taken).toMatchObject({ registered: 0, waiting: 1 });
    expect(await test.inbox()).toMatchObject([{ reason: 'Waiting – it was changed while it was read' }]);
    expect(await test.artifacts()).toEqual([]);
    await until(async () => (await test.pass()).taken.registered === 1, 'registered when it is quiet');
  });

  it('F-IN03 keeps a file that another program holds open for writing, however old it looks', async () => {
    const path = test.put('a.raw', Buffer.alloc(1000));
    const writer = spawn(
      process.execPath,
      [
        '-e',
        'const fs=require("fs");const f=fs.openSync(process.argv[1],"r+");process.stdout.write("open");process.stdin.once("data",()=>fs.closeSync(f))',
        path,
      ],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    utimesSync(path, 1000, 1000);
    await test.pass();
    expect(await test.inbox()).toMatchObject([{ reason: 'Waiting – another program has it open for writing' }]);
    expect(await test.artifacts()).toEqual([]);
    const ended = new Promise((resolve) => writer.once('exit', resolve));
    writer.stdin.end('close');
    await ended;
    await until(async () => (await test.pass()).taken.registered === 1, 'registered after it was closed');
    expect(await test.inbox()).toEqual([]);
  });

  it('F-IN03 does not mind who only reads', async () => {
    const file = openSync(test.put('a.raw'), 'r');
    await test.pass();
    closeSync(file);
    expect(await test.keys()).toEqual(['a.raw']);
  });

  it('F-IN04 registers the final name only of what is written under another first', async () => {
    const names = ['a.csv.tmp', 'b.part', 'c.crdownload', '~$d.docx', '.~lock.e.ods#'];
    for (const name of names) test.put(name);
    expect((await test.pass()).totals).toMatchObject({ files: 0, skipped: 5 });
    expect(await test.inbox()).toEqual([]);
    renameSync(test.path('a.csv.tmp'), test.path('a.csv'));
    await test.pass({ start: ['a.csv.tmp', 'a.csv'] });
    expect(await test.keys()).toEqual(['a.csv']);
  });
});

describe('what is no ordinary file', () => {
  it('F-IN15 follows no link: loop, out of the root, dangling', async () => {
    test.put('run/a.csv');
    writeFileSync(join(test.folder('outside'), 'secret.csv'), 'x');
    symlinkSync('..', test.path('run/loop'));
    symlinkSync(test.folder('outside'), test.path('out'));
    symlinkSync(join(test.base, 'outside', 'secret.csv'), test.path('secret.csv'));
    symlinkSync('nowhere', test.path('dangling'));
    expect((await test.pass()).totals).toMatchObject({ files: 1, skipped: 4 });
    await test.pass({ start: ['out/secret.csv', 'secret.csv', 'run/loop/run/a.csv'] });
    expect(await test.keys()).toEqual(['run/a.csv']);
    const left = await test.inbox();
    expect(left.map(({ path }) => path).sort()).toEqual(
      ['dangling', 'out', 'run/loop', 'secret.csv'].map(test.path).sort(),
    );
    expect(left[0]).toMatchObject({
      state: 'ignored',
      next: null,
      reason: expect.stringContaining('symbolic link') as unknown,
    });
    unlinkSync(test.path('out'));
    unlinkSync(test.path('secret.csv'));
    test.put('secret.csv', 'mine');
    await test.pass();
    expect((await test.inbox()).length).toBe(2);
    expect(await test.keys()).toEqual(['run/a.csv', 'secret.csv']);
  });

  it('F-IN16 opens no pipe, socket or device', async () => {
    execFileSync('mkfifo', [test.path('pipe.csv')]);
    if (process.getuid?.() === 0) execFileSync('mknod', [test.path('zero.csv'), 'c', '1', '5']);
    const server = (await import('node:net')).createServer().listen(test.path('socket.csv'));
    await until(() => existsSync(test.path('socket.csv')), 'socket');
    test.put('a.csv');
    await test.pass();
    const left = (await test.inbox()).map(({ path, reason }) => [path, reason]);
    server.close();
    expect(left).toContainEqual([test.path('pipe.csv'), expect.stringContaining('not an ordinary file')]);
    expect(left).toContainEqual([test.path('socket.csv'), expect.stringContaining('not an ordinary file')]);
    expect(await test.keys()).toEqual(['a.csv']);
  });

  it('F-IN26 says nothing of a file that is gone between the look and the reading', async () => {
    const path = test.put('a.csv');
    const hasher = test.context.hasher;
    const storage = await test.storage();
    const racing = {
      ...test.context,
      hasher: {
        ...hasher,
        hashFiles: (...args: Parameters<typeof hasher.hashFiles>) => {
          rmSync(path, { force: true });
          return hasher.hashFiles(...args);
        },
      },
    };
    const { taken } = await reconcile(racing, { storage, settle: 0 });
    expect(taken).toEqual({ registered: 0, versions: 0, waiting: 0, failed: 0 });
    expect(await test.inbox()).toEqual([]);
  });

  it('F-IN27 takes any time of a file, and hashes it once', async () => {
    const times = [0, -86_400 * 365, 4_323_456_000, 1.123456789];
    for (const [i, time] of times.entries()) utimesSync(test.put(`${String(i)}.csv`), time, time);
    lutimesSync(test.path('0.csv'), 0, 0);
    expect(statSync(test.path('2.csv')).mtime.getUTCFullYear()).toBe(2107);
    await until(
      async () => (await test.pass()).totals.files === 4 && (await test.artifacts()).length === 4,
      'all registered',
    );
    const before = await test.context.workstation.db.selectFrom('inventory').selectAll().execute();
    expect((await test.pass()).taken).toMatchObject({ registered: 0, waiting: 0 });
    expect(await test.context.workstation.db.selectFrom('inventory').selectAll().execute()).toEqual(before);
  });
});

describe('what can not be looked at', () => {
  it('F-IN17 an unreadable file is in the inbox with the reason, is tried again, and holds nobody up', async () => {
    const hidden = test.put('hidden.csv');
    test.put('a.csv');
    const storage = await test.storage();
    const hasher = test.context.hasher;
    const refusing = {
      ...test.context,
      hasher: {
        ...hasher,
        hashFiles: async (...[paths, options]: Parameters<typeof hasher.hashFiles>) =>
          (await hasher.hashFiles(paths, options)).map((outcome, i) =>
            paths[i] === hidden
              ? {
                  kind: 'failed' as const,
                  error: {
                    code: 'file_unreadable' as const,
                    message: 'No permission for it',
                    remedy: 'Ask.',
                    retry: true,
                  },
                }
              : outcome,
          ),
      },
    };
    expect((await reconcile(refusing, { storage, settle: 0 })).taken).toMatchObject({ registered: 1, failed: 1 });
    const [first] = await test.inbox();
    expect(first).toMatchObject({ path: hidden, state: 'failed', reason: 'No permission for it. Ask.' });
    expect(Date.parse(first?.next ?? '')).toBeGreaterThan(Date.now() + 5000);
    expect((await test.pass()).taken).toMatchObject({ registered: 0, failed: 0 });
    expect((await test.inbox()).length).toBe(1);
    // A change of its rights is a change: it is tried at once.
    chmodSync(hidden, 0o640);
    await test.pass();
    expect(await test.inbox()).toEqual([]);
    expect(await test.keys()).toEqual(['a.csv', 'hidden.csv']);
  });

  it('waits longer after each failure', async () => {
    const storage = await test.storage();
    test.put('a.csv');
    const { hasher } = test.context;
    const failing = {
      ...test.context,
      hasher: {
        ...hasher,
        hashFiles: (paths: readonly unknown[]) =>
          Promise.resolve(
            paths.map(() => ({
              kind: 'failed' as const,
              error: { code: 'io_error' as const, message: 'Bad sector', remedy: 'Copy.', retry: true },
            })),
          ),
      },
    };
    const waits: number[] = [];
    let now = Date.now();
    for (let i = 0; i < 4; i++) {
      const clock = { ...test.context.clock, now: () => now };
      await reconcile({ ...failing, clock }, { storage, settle: 0 });
      const next = Date.parse((await test.inbox())[0]?.next ?? '');
      waits.push(next - now);
      now = next;
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000]);
  });
});

describe('a root in another', () => {
  it('F-WA13 gives new files to the deepest, each once; what is registered stays where it is', async () => {
    test.put('sub/old.csv');
    test.put('a.csv');
    await test.pass();
    const sub = test.path('sub');
    await test.add(sub);
    test.put('sub/new.csv');
    test.put('sub/deeper/newer.csv');
    for (let i = 0; i < 2; i++) {
      await test.pass({ root: sub });
      await test.pass();
    }
    expect(await test.keys()).toEqual(['a.csv', 'sub/old.csv']);
    expect(await test.keys(sub)).toEqual(['deeper/newer.csv', 'new.csv']);
    expect(await test.gone()).toEqual([]);

    writeFileSync(test.path('sub/old.csv'), 'changed');
    await test.pass({ root: sub });
    expect((await test.pass()).taken).toMatchObject({ registered: 1, versions: 1 });
    expect(await test.keys(sub)).toEqual(['deeper/newer.csv', 'new.csv']);
    // Hints come to both.
    test.put('sub/hinted.csv');
    await test.pass({ start: ['sub/hinted.csv'] });
    await test.pass({ root: sub, start: ['hinted.csv'] });
    expect(await test.keys()).toEqual(['a.csv', 'sub/old.csv']);
    expect(await test.keys(sub)).toEqual(['deeper/newer.csv', 'hinted.csv', 'new.csv']);
  });

  it('never looks into .lamindb', async () => {
    mkdirSync(test.path('.lamindb'));
    test.put('.lamindb/x.csv');
    test.put('a.csv');
    await test.pass();
    await test.pass({ start: ['.lamindb/x.csv', '.lamindb'] });
    expect(await test.keys()).toEqual(['a.csv']);
    expect(readdirSync(test.root).sort()).toEqual(['.lamindb', 'a.csv']);
  });
});

describe('after a restart', () => {
  it('F-WA15 finds what came, changed and went while nothing watched', async () => {
    test.put('stays.csv');
    test.put('changes.csv', 'one');
    test.put('goes.csv');
    await test.pass();
    test.put('waits.csv');
    await test.pass({ settle: LONG, start: ['waits.csv'] });
    await test.restart();
    expect((await test.inbox()).map(({ path }) => path)).toEqual([test.path('waits.csv')]);
    test.put('comes.csv');
    test.put('changes.csv', 'two');
    unlinkSync(test.path('goes.csv'));
    await test.pass();
    expect(await test.keys()).toEqual(['changes.csv', 'comes.csv', 'goes.csv', 'stays.csv', 'waits.csv']);
    expect(await test.gone()).toEqual(['goes.csv']);
    expect((await test.artifacts()).length).toBe(6);
  });
});
