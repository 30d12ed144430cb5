import { getEventListeners, once } from 'node:events';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FolderSurvey } from '../../shared/contract/index.ts';
import { scanThreads } from '../../src-main/engine/scan-client.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { surveyFolder, type ScanRequest } from '../../src-main/watching/index.ts';
import { fakeClock } from '../watching/fake-clock.ts';
import { openWatching, until, type TestWatching } from '../watching/open-watching.ts';

let test: TestWatching;
beforeEach(async () => {
  test = await openWatching();
});
afterEach(() => test.close());

function request(start = ['']): ScanRequest {
  return {
    storageUid: 'storage00001',
    root: rawFromText(test.root),
    rule: { include: [], exclude: [], settle: null, bundle: [], done_marker: null, upload: false },
    start: start.map(rawFromText),
    nestedRoots: [],
    outerStorages: [],
  };
}

describe('scan threads', () => {
  it('leave nothing behind on a signal that lives as long as a watched folder', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const stop = new AbortController();
    for (let i = 0; i < 30; i++) await test.context.scanner.scan(request(), () => Promise.resolve(), stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('scan a storage once at a time, and others beside it', async () => {
    for (let i = 0; i < 3; i++) test.put(`${String(i)}.csv`);
    let atWork = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      most = Math.max(most, ++atWork);
      await gate.promise;
      atWork -= 1;
    };
    const { scanner } = test.context;
    const same = [scanner.scan(request(), work), scanner.scan(request(), work)];
    await until(() => atWork === 1, 'the first is at work');
    const other = { ...request(), storageUid: 'storage00002' };
    await scanner.scan(other, () => Promise.resolve());
    expect(most).toBe(1);
    gate.resolve();
    await Promise.all(same);
    expect(most).toBe(1);
  });

  it('end only when the batch at work is worked off, so that its databases can be closed', async () => {
    test.put('a.csv');
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let ended = false;
    const scan = test.context.scanner
      .scan(
        request(),
        () => {
          begun.resolve();
          return gate.promise;
        },
        stop.signal,
      )
      .finally(() => (ended = true));
    scan.catch(() => undefined);
    await begun.promise;
    stop.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    gate.resolve();
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tell what went wrong, and work on', async () => {
    test.put('a.csv');
    const scanner = scanThreads(rawFromText(join(test.base, 'nowhere', 'workstation.db')));
    await expect(scanner.scan(request(), () => Promise.resolve())).rejects.toThrow();
    await expect(scanner.openForWriting(new Set())).resolves.toEqual(new Set());
    await scanner.close();
    const broken = test.context.scanner.scan(request(), () => Promise.reject(new Error('the batch failed')));
    await expect(broken).rejects.toThrow('the batch failed');
    await expect(test.context.scanner.scan(request(), () => Promise.resolve())).resolves.toMatchObject({ files: 1 });
  });

  it('F-WA10 give up a walk that stands still', async () => {
    for (let i = 0; i < 5; i++) test.put(`${String(i)}/a.csv`);
    vi.stubEnv('BK_FAILPOINT', `scan.folder.before#3=pause:${join(test.base, 'answers')}`);
    const clock = fakeClock();
    const scanner = scanThreads(test.context.workstation.path, clock);
    const scan = scanner.scan(request(), () => Promise.resolve());
    let error: unknown = null;
    scan.catch((given: unknown) => (error = given));
    await until(() => existsSync(join(test.base, 'answers.reached')), 'the walk hangs');
    vi.unstubAllEnvs();
    await clock.advance(55_000);
    expect(error).toBeNull();
    await until(async () => {
      await clock.advance(5_000);
      return error !== null;
    }, 'given up');
    expect(error).toMatchObject({ code: 'offline' });
    await scanner.close();
  });

  it('are not given up while it is the engine that takes its time', async () => {
    for (let i = 0; i < 5; i++) test.put(`${String(i)}/a.csv`);
    const clock = fakeClock();
    const scanner = scanThreads(test.context.workstation.path, clock);
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const scan = scanner.scan(request(), () => {
      begun.resolve();
      return gate.promise;
    });
    await begun.promise;
    await clock.advance(600_000);
    gate.resolve();
    await expect(scan).resolves.toMatchObject({ files: 5 });
    await scanner.close();
  });

  it('are closed in the middle of a scan', async () => {
    for (let i = 0; i < 5000; i++) test.put(`${String(i % 50)}/${String(i)}.csv`);
    const scanner = scanThreads(test.context.workstation.path);
    const scan = scanner.scan(request(), () => scanner.close());
    await expect(scan).rejects.toMatchObject({ code: 'cancelled' });
    await expect(scanner.scan(request(), () => Promise.resolve())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a survey', () => {
  async function survey(root: string, signal?: AbortSignal): Promise<{ last: FolderSurvey; told: number }> {
    const counts = surveyFolder(test.context, { root }, signal);
    let told = 0;
    for (;;) {
      const next = await counts.next();
      if (next.done === true) return { last: next.value, told };
      told += 1;
    }
  }

  it('counts what would be registered and what would be left out, and registers nothing', async () => {
    for (const name of ['a.fcs', 'b.fcs', 'run/c.csv', 'run/x.tmp', 'Thumbs.db', '.lamindb/y.csv']) test.put(name);
    symlinkSync('/', test.path('link'));
    const { last } = await survey(test.root);
    expect(last).toEqual({
      files: 3,
      folders: 1,
      bytes: 19,
      skipped: 4,
      suffixes: [
        { suffix: '.fcs', n: 2 },
        { suffix: '.csv', n: 1 },
      ],
      units: [],
    });
    expect(await test.artifacts()).toEqual([]);
  });

  it('counts folders that will be one item each, and what is in them by its size only', async () => {
    test.put('notes.csv', '12');
    for (const run of ['runs/A', 'runs/B']) {
      test.put(`${run}/RunInfo.xml`, '<RunInfo/>');
      test.put(`${run}/Data/inner.zarr/0`, '3456');
      test.put(`${run}/Thumbs.db`, '7');
    }
    test.put('image.ome.zarr/0/0', '89');
    const { last } = await survey(test.root);
    expect(last).toEqual({
      files: 1,
      folders: 1,
      bytes: 34,
      skipped: 0,
      suffixes: [{ suffix: '.csv', n: 1 }],
      units: [
        { profile: 'illumina', title: 'Illumina runs', n: 2 },
        { profile: 'zarr', title: 'Zarr stores', n: 1 },
      ],
    });
  });

  it('tells counts on the way and can be stopped', async () => {
    for (let i = 0; i < 200; i++) test.folder(`instrument/${String(i)}`);
    for (let i = 0; i < 60_000; i++) writeFileSync(test.path(`${String(i % 200)}/${String(i)}.csv`), '');
    const counts = surveyFolder(test.context, { root: test.root });
    const first = await counts.next();
    expect(first.done).toBe(false);
    expect(first.value.files).toBeLessThan(60_000);
    await counts.return(undefined as never);
    const stop = new AbortController();
    const stopped = survey(test.root, stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect((await survey(test.root)).last.files).toBe(60_000);
  });

  it('refuses what is no folder', async () => {
    await expect(survey(test.put('a.csv'))).rejects.toMatchObject({ code: 'not_a_file' });
    await expect(survey(test.path('nowhere'))).rejects.toMatchObject({ code: 'file_not_found' });
  });
});

it('F-IN03 an open file is told by its id, a closed one is not', async () => {
  const { spawn } = await import('node:child_process');
  const { statSync } = await import('node:fs');
  const id = (path: string): string => {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  };
  const [held, read, idle] = [test.put('held'), test.put('read'), test.put('idle')];
  const program =
    'const fs=require("fs");fs.openSync(process.argv[1],"a");fs.openSync(process.argv[2],"r");process.stdout.write("open");setInterval(()=>{},1e6)';
  const writer = spawn(process.execPath, ['-e', program, held, read]);
  await once(writer.stdout, 'data');
  const files = new Set([held, read, idle].map(id));
  expect(await test.context.scanner.openForWriting(files)).toEqual(new Set([id(held)]));
  writer.kill();
  await once(writer, 'exit');
  await until(async () => (await test.context.scanner.openForWriting(files)).size === 0, 'closed');
});
