import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { hintThread } from '../../src-main/engine/hint-client.ts';
import { startWatching, type ScanRequest, type Scanner, type Watching } from '../../src-main/watching/index.ts';
import { fakeClock } from './fake-clock.ts';
import { LONG, openWatching, until, type TestWatching } from './open-watching.ts';

let test: TestWatching;
afterEach(() => test.close());

/** Paths that were scanned from, scan by scan. */
function watchScans(starts: string[][]): (scanner: Scanner) => Scanner {
  return (scanner) => ({
    ...scanner,
    scan(request: ScanRequest, ...rest) {
      starts.push(request.start);
      return scanner.scan(request, ...rest);
    },
  });
}

async function health(watching: Watching) {
  const [folder] = await watching.folders();
  if (folder === undefined) throw new Error('nothing is watched');
  return folder;
}

describe('a watched folder', () => {
  it('is looked through at the start, then where hints say', async () => {
    const starts: string[][] = [];
    test = await openWatching({ scanner: watchScans(starts) });
    await test.rule({ settle: 0 });
    test.put('there.csv');
    const watching = await test.start();
    await until(async () => (await health(watching)).health === 'watching', 'first pass');
    expect(await test.keys()).toEqual(['there.csv']);
    expect(starts).toEqual([['']]);
    test.put('run/a.csv');
    test.put('b.csv');
    test.hints.hint(test.path('b.csv'), test.path('run'), test.path('run/a.csv'));
    await until(async () => (await test.keys()).length === 3, 'hinted files');
    expect(starts.slice(1).flat().sort()).toEqual(['b.csv', 'run']);
    expect(await health(watching)).toMatchObject({
      health: 'watching',
      health_reason: null,
      n_new: 3,
      n_artifacts: 3,
      n_waiting: 0,
    });
  });

  it('a dropped file waits as soon as it is hinted at, and is registered when it is stable: long before the next whole pass', async () => {
    test = await openWatching();
    await test.rule({ settle: 1 });
    const hints = hintThread();
    const watching = await startWatching({ ...test.context, hints });
    try {
      await until(async () => (await health(watching)).health === 'watching', 'first pass');
      test.put('first.csv');
      await until(async () => (await test.inbox()).length === 1, 'the hint thread watches');
      test.put('run 2/dropped.csv');
      const dropped = performance.now();
      await until(async () => (await test.inbox()).some(({ path }) => path.endsWith('dropped.csv')), 'waiting');
      await until(async () => (await test.keys()).includes('run 2/dropped.csv'), 'registered');
      // Not before its settle time. How soon after that: `npm run bench watching`.
      expect(performance.now() - dropped).toBeGreaterThan(1000);
    } finally {
      await watching.close();
      await hints.close();
    }
  });

  it('F-IN01 registers a file that grows once, at its end, with the hash of all of it', async () => {
    test = await openWatching();
    await test.rule({ settle: 0.6 });
    const hints = hintThread();
    const watching = await startWatching({ ...test.context, hints });
    try {
      await until(async () => (await health(watching)).health === 'watching', 'first pass');
      const path = test.path('grows.raw');
      const writer = spawn(process.execPath, [
        '-e',
        'const fs=require("fs");let n=0;const t=setInterval(()=>{fs.appendFileSync(process.argv[1],"line "+n+"\\n");if(++n===15)clearInterval(t)},150)',
        path,
      ]);
      await until(async () => (await test.inbox()).length === 1, 'waiting');
      expect(await test.artifacts()).toEqual([]);
      await new Promise((resolve) => writer.once('exit', resolve));
      await until(async () => (await test.artifacts()).length > 0, 'registered');
      const rows = await test.artifacts();
      expect(rows.map(({ size, sha256 }) => [size, sha256])).toEqual([
        [readFileSync(path).length, createHash('sha256').update(readFileSync(path)).digest('hex')],
      ]);
      expect(await test.inbox()).toEqual([]);
    } finally {
      await watching.close();
      await hints.close();
    }
  });

  it('F-IN02 makes a version of what was written after a pause longer than the settle time', async () => {
    test = await openWatching();
    await test.rule({ settle: 0.2 });
    const watching = await test.start();
    const path = test.put('pauses.raw', 'first half');
    test.hints.hint(path);
    await until(async () => (await test.artifacts()).length === 1, 'first half');
    appendFileSync(path, ', second half');
    test.hints.hint(path);
    await until(async () => (await test.artifacts()).length === 2, 'both');
    const rows = await test.artifacts();
    expect(rows.map(({ size, is_latest }) => [size, is_latest])).toEqual([
      [10, 0],
      [23, 1],
    ]);
    expect(rows[0]).toMatchObject({ state: 'missing', state_reason: 'overwritten' });
    await watching.close();
  });

  it('looks again by itself at what waits, without any hint', async () => {
    test = await openWatching();
    await test.rule({ settle: 0.3 });
    test.put('a.csv');
    await test.start();
    await until(async () => (await test.keys()).length === 1, 'registered');
    expect(await test.inbox()).toEqual([]);
  });

  it('looks again at a folder that failed, with longer and longer waits, until it can be read', async () => {
    const clock = fakeClock();
    const starts: string[][] = [];
    test = await openWatching({ clock, scanner: watchScans(starts) });
    await test.rule({ settle: 0 });
    // Too long a path can't be looked at by anybody, root included.
    let deep = test.root;
    for (let i = 0; i < 20; i++) {
      deep = join(deep, 'd'.repeat(200));
      if (deep.length < 4000) mkdirSync(deep);
    }
    const { execFileSync } = await import('node:child_process');
    const inside = `import os,sys\nos.chdir(sys.argv[1])\nfor i in range(4):\n  os.mkdir('e'*200)\n  os.chdir('e'*200)\nopen('f.csv','w').write('x')`;
    const last = deep.slice(0, deep.length > 4000 ? deep.lastIndexOf('/') : undefined);
    execFileSync('python3', ['-c', inside, last]);
    test.put('a.csv');
    const watching = await test.start();
    await until(async () => (await health(watching)).health === 'watching', 'first pass');
    expect(await test.keys()).toEqual(['a.csv']);
    const [failed] = await test.inbox();
    expect(failed).toMatchObject({ state: 'failed', reason: expect.stringContaining('too long') as unknown });
    const scans = starts.length;
    await clock.advance(10_000);
    await until(async () => (await test.inbox())[0]?.next !== failed?.next, 'second try');
    const [second] = await test.inbox();
    await clock.advance(10_000);
    await clock.advance(10_000);
    await until(() => starts.length >= scans + 2, 'third try');
    expect(starts.length).toBeLessThan(scans + 4);
    // Its end says when the fourth is: time that goes on before it would put that off.
    await until(async () => (await test.inbox())[0]?.next !== second?.next, 'the third try is over');
    execFileSync('rm', ['-rf', join(test.root, 'd'.repeat(200))]);
    await clock.advance(60_000);
    await until(async () => (await test.inbox()).length === 0, 'nothing to complain about');
  });

  it('F-WA03 looks through all of it again when hints were lost, also in the middle of a pass', async () => {
    const starts: string[][] = [];
    test = await openWatching({ scanner: watchScans(starts) });
    await test.rule({ settle: 0 });
    const watching = await test.start();
    await until(async () => (await health(watching)).health === 'watching', 'first pass');
    test.put('lost.csv');
    test.hints.problem('overflow');
    await until(async () => (await test.keys()).length === 1, 'found without a hint');
    const passes = starts.length;
    await Promise.all([watching.look(), watching.look()]);
    const first = watching.look();
    await until(() => starts.length > passes + 1, 'a pass is at work');
    test.put('came while a pass was at work.csv');
    await Promise.all([first, watching.look()]);
    expect(await test.keys()).toContain('came while a pass was at work.csv');
  });

  it('F-WA01 says when hints don’t come, and looks every minute then', async () => {
    const clock = fakeClock();
    test = await openWatching({ clock });
    await test.rule({ settle: 0 });
    const watching = await test.start();
    await until(async () => (await health(watching)).health === 'watching', 'first pass');
    test.hints.problem('limit', 'Too many folders. Raise the limit.');
    await until(async () => (await health(watching)).health === 'partly watched', 'partly watched');
    expect((await health(watching)).health_reason).toBe('Too many folders. Raise the limit.');
    await watching.look();
    test.put('a.csv');
    await clock.advance(60_000);
    await until(async () => (await test.keys()).length === 1, 'found in a minute');
    test.hints.problem('overflow', 'all is watched again');
    await until(async () => (await health(watching)).health === 'watching', 'watched again');
  });

  it('looks through all of it every 15 minutes, whatever the hints say', async () => {
    const clock = fakeClock();
    const starts: string[][] = [];
    test = await openWatching({ clock, scanner: watchScans(starts) });
    await test.rule({ settle: 0 });
    const watching = await test.start();
    await until(async () => (await health(watching)).health === 'watching', 'first pass');
    test.put('a.csv');
    await clock.advance(14 * 60_000);
    expect(await test.keys()).toEqual([]);
    await clock.advance(60_000);
    await until(async () => (await test.keys()).length === 1, 'found');
    await watching.close();
  });

  it('begins anew after the clock jumped, forth or back', async () => {
    const clock = fakeClock();
    test = await openWatching({ clock });
    await test.rule({ settle: 3600 });
    const path = test.put('a.csv');
    clock.set(Date.now());
    const watching = await test.start();
    await until(async () => (await test.inbox()).length === 1, 'waiting');
    await watching.look();
    clock.jump(-LONG);
    // Again and again: the timer may be set after the clock has moved.
    await until(async () => {
      await clock.advance(10_000);
      return Date.parse((await test.inbox())[0]?.next ?? '') < clock.now() + LONG + 1000;
    }, 'a new time to wait');
    const passed = (await health(watching)).checked_at;
    clock.jump(2 * LONG);
    await until(async () => {
      await clock.advance(10_000);
      return (await health(watching)).checked_at !== passed;
    }, 'a pass after the jump');
    await until(async () => (await test.keys()).length === 1, path);
  });

  it('follows storages that are added, changed and removed', async () => {
    test = await openWatching();
    await test.rule({ settle: 0 });
    const watching = await test.start();
    const other = test.folder('second instrument');
    writeFileSync(join(other, 'x.csv'), 'x');
    await test.add(other);
    await test.rule({ settle: 0, exclude: ['*.log'] }, other);
    await watching.refresh();
    expect((await watching.folders()).map(({ root }) => root)).toEqual([test.root, other]);
    await until(async () => (await test.keys(other)).length === 1, 'registered');
    expect(test.hints.roots()).toEqual([test.root, other]);
    const begun = test.hints.begun;
    await watching.refresh();
    expect(test.hints.begun).toBe(begun);
    await watching.close();
    expect(test.hints.roots()).toEqual([]);
    await watching.refresh();
    expect(test.hints.roots()).toEqual([]);
  });

  it('says how many files are not where they were', async () => {
    test = await openWatching();
    await test.rule({ settle: 0 });
    for (let i = 0; i < 6; i++) test.put(`${String(i)}.csv`);
    const watching = await test.start();
    await until(async () => (await test.keys()).length === 6, 'registered');
    rmSync(test.path('0.csv'));
    await watching.look();
    expect((await health(watching)).health_reason).toBe(
      '1 file is not where it was. Nothing was removed from the registry; put back what was moved away by mistake.',
    );
    test.put('0.csv');
    await watching.look();
    expect((await health(watching)).health_reason).toBe(null);
  });

  it('F-WA10 a share that hangs holds up nobody else, and the program can be closed', async () => {
    const clock = fakeClock();
    let hangs = false;
    const calls: string[] = [];
    test = await openWatching({
      clock,
      context: (context) => ({
        ...context,
        fs: {
          ...context.fs,
          look(path) {
            if (!hangs || !path.includes('share')) return context.fs.look(path);
            calls.push(path);
            return new Promise(() => undefined);
          },
        },
      }),
    });
    const share = test.folder('share');
    writeFileSync(join(share, 'x.csv'), 'x');
    await test.add(share);
    await test.rule({ settle: 0 });
    await test.rule({ settle: 0 }, share);
    const watching = await test.start();
    await until(async () => (await test.keys(share)).length === 1, 'the share answers');
    const [{ uid }, changes] = [await test.storage(share), await test.changes()];
    hangs = true;
    const looked = watching.look(uid);
    test.put('a.csv');
    // The standing clock is behind the file's time, which may take a second look.
    await until(async () => {
      await watching.look((await test.storage()).uid);
      return (await test.keys()).includes('a.csv');
    }, 'the other folder goes on');
    for (let i = 0; i < 12; i++) await clock.advance(10_000);
    await looked;
    const folder = (await watching.folders()).find(({ storage }) => storage === uid);
    expect(folder?.health).toBe('offline');
    // One call hangs: no more are made, since each would hold a thread that serves the others.
    expect(calls.length).toBeLessThanOrEqual(1);
    expect(await test.changes()).toBeGreaterThan(changes);
    expect((await test.artifacts(share)).map(({ state }) => state)).toEqual(['ok']);
    await watching.close();
  });

  it('F-WA05 … F-WA08 a root that is away is offline, nothing changes, and it is attached again when it is back', async () => {
    const clock = fakeClock();
    test = await openWatching({ clock });
    await test.rule({ settle: 0 });
    for (let i = 0; i < 6; i++) test.put(`${String(i)}.csv`);
    const watching = await test.start();
    await until(async () => (await test.keys()).length === 6, 'registered');
    await watching.look();
    const before = await test.changes();
    renameSync(test.root, join(test.base, 'away'));
    test.hints.hint(test.root, test.path('1.csv'));
    await until(async () => (await health(watching)).health === 'offline', 'offline');
    expect((await health(watching)).health_reason).toContain('Nothing has been deleted');
    mkdirSync(test.root);
    await watching.look();
    expect((await health(watching)).health).toBe('offline');
    for (let i = 0; i < 9; i++) writeFileSync(join(test.root, `other ${String(i)}.csv`), 'not ours');
    await watching.look();
    test.hints.hint(test.path('other 1.csv'));
    await watching.look();
    expect((await health(watching)).health).toBe('offline');
    expect(await test.changes()).toBe(before);
    expect(await test.gone()).toEqual([]);
    rmSync(test.root, { recursive: true });
    renameSync(join(test.base, 'away'), test.root);
    test.put('new.csv');
    const begun = test.hints.begun;
    await clock.advance(5_000);
    await until(async () => (await test.keys()).length === 7, 'attached again');
    await until(async () => (await health(watching)).health === 'watching', 'watching again');
    expect(test.hints.begun).toBe(begun + 1);
    expect(await test.gone()).toEqual([]);
    expect(existsSync(test.path('new.csv'))).toBe(true);
  });
});
