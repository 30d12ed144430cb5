import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rawFromText, rawToBytes, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import { temporaryFolder, watchForHints, type Watched } from './watch-for-hints.ts';

let watched: Watched;
const at = (...parts: string[]): string => join(watched.root, ...parts);
const raw = (path: string): RawPath => rawFromText(at(path));

describe('hints of what happens in a watched folder', () => {
  beforeEach(async () => {
    watched = await watchForHints({}, (root) => {
      mkdirSync(join(root, 'plate', 'wells'), { recursive: true });
      mkdirSync(join(root, '.lamindb'));
      writeFileSync(join(root, 'plate', 'old.csv'), 'a');
      writeFileSync(join(root, 'plate', 'wells', 'a1.csv'), 'a');
    });
  });
  afterEach(async () => {
    await watched.close();
  });

  it('come for a file made, appended to, renamed and deleted', async () => {
    writeFileSync(at('new.csv'), 'x');
    await watched.hinted('new.csv');
    watched.forget();
    appendFileSync(at('plate', 'wells', 'a1.csv'), 'more');
    await watched.hinted('plate/wells/a1.csv');
    expect([...watched.hints]).toEqual([raw('plate/wells/a1.csv')]);
    watched.forget();
    renameSync(at('plate', 'old.csv'), at('renamed.csv'));
    await watched.hinted('plate/old.csv');
    await watched.hinted('renamed.csv');
    watched.forget();
    unlinkSync(at('renamed.csv'));
    await watched.hinted('renamed.csv');
    expect(watched.problems).toEqual([]);
  });

  it('come for folders made with files at once, and for what follows in them', async () => {
    mkdirSync(at('a', 'b', 'c'), { recursive: true });
    writeFileSync(at('a', 'b', 'c', 'first.csv'), 'x');
    await watched.hinted('a', 'a/b', 'a/b/c', 'a/b/c/first.csv');
    // Each folder is hinted at after it is watched: what is written from then on is seen.
    await watched.hinted('a/b/c');
    watched.forget();
    writeFileSync(at('a', 'b', 'c', 'second.csv'), 'x');
    await watched.hinted('a/b/c/second.csv');
  });

  it('come for a folder moved in, moved within, and moved out and replaced', async () => {
    const outside = temporaryFolder();
    mkdirSync(join(outside, 'run', 'deep'), { recursive: true });
    writeFileSync(join(outside, 'run', 'deep', 'x.csv'), 'x');
    renameSync(join(outside, 'run'), at('run'));
    await watched.hinted('run/deep');
    renameSync(at('run'), at('moved'));
    await watched.hinted('moved/deep');
    watched.forget();
    writeFileSync(at('moved', 'deep', 'y.csv'), 'y');
    await watched.hinted('moved/deep/y.csv');
    renameSync(at('moved'), join(outside, 'gone'));
    mkdirSync(at('moved', 'deep'), { recursive: true });
    await watched.hinted('moved/deep');
    watched.forget();
    writeFileSync(at('moved', 'deep', 'z.csv'), 'z');
    await watched.hinted('moved/deep/z.csv');
    rmSync(outside, { recursive: true });
  });

  it('name spaces, letters of all scripts and line ends as they are', async () => {
    for (const name of ['with spaces .csv', 'Größe µm 細胞.csv', 'two\nlines.csv', 'back\\slash.csv', '~ok.csv']) {
      writeFileSync(at('plate', name), 'x');
      await vi.waitFor(() => {
        expect(watched.hints).toContain(rawFromText(`${at('plate')}/${name}`));
      }, 5000);
    }
    mkdirSync(at('two\nlines'));
    await watched.hinted('two\nlines');
    writeFileSync(at('two\nlines', 'é.csv'), 'x');
    await watched.hinted('two\nlines/é.csv');
  });

  it('name files and folders whose names are not valid text, byte by byte', async () => {
    const file = `${at('plate')}/b\xff\xfe` as RawPath;
    writeFileSync(rawToBytes(file), 'x');
    await vi.waitFor(() => {
      expect(watched.hints).toContain(file);
    }, 5000);
    const folder = `${at('plate')}/\xff\xfe` as RawPath;
    mkdirSync(rawToBytes(folder));
    await vi.waitFor(() => {
      expect(watched.hints).toContain(folder);
    }, 5000);
    watched.forget();
    writeFileSync(rawToBytes(`${folder}/\xe9.csv` as RawPath), 'x');
    await vi.waitFor(() => {
      expect([...watched.hints]).toSatisfy(
        (hints: RawPath[]) => hints.includes(folder) || hints.includes(`${folder}/\xe9.csv` as RawPath),
      );
    }, 5000);
  });

  it('leave out junk, own files, and what links lead to', async () => {
    const outside = temporaryFolder();
    mkdirSync(join(outside, 'inner'));
    symlinkSync(outside, at('link'));
    writeFileSync(at('.lamindb', 'x.csv'), 'x');
    writeFileSync(at('plate', 'half.tmp'), 'x');
    mkdirSync(at('plate', 'folder.tmp'));
    writeFileSync(at('plate', 'folder.tmp', 'x.csv'), 'x');
    writeFileSync(join(outside, 'inner', 'x.csv'), 'x');
    await watched.hinted('link');
    writeFileSync(join(outside, 'x.csv'), 'x');
    renameSync(at('plate', 'half.tmp'), at('plate', 'whole.csv'));
    await watched.hinted('plate/whole.csv');
    expect([...watched.hints].filter((path) => path !== raw('link') && path !== raw('plate/whole.csv'))).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  it('come gathered in few messages for 10,000 files, and none is missing', async () => {
    const count = 10_000;
    for (let i = 0; i < count; i++) writeFileSync(at('plate', `${String(i)}.csv`), 'x');
    writeFileSync(at('last.csv'), 'x');
    await watched.hinted('last.csv', '');
    // A name by itself, or the folder in its stead where there were too many.
    if (!watched.hints.has(raw('plate'))) expect(watched.hints.size).toBe(count + 1);
    expect(watched.batches.length).toBeLessThan(500);
    expect(Math.max(...watched.batches)).toBeLessThanOrEqual(5001);
  });

  it('stay cheap when thousands of files go out of a folder that keeps many', async () => {
    for (let i = 0; i < 4000; i++) writeFileSync(at('plate', `${String(i)}.csv`), 'x');
    writeFileSync(at('mark.csv'), 'x');
    await watched.hinted('mark.csv');
    watched.forget();
    const began = performance.now();
    for (let i = 0; i < 2000; i++)
      renameSync(at('plate', `${String(i)}.csv`), at('plate', 'wells', `${String(i)}.csv`));
    writeFileSync(at('end.csv'), 'x');
    await watched.hinted('end.csv');
    // Listing the folder again for each would be 2,000 × 4,000 looks.
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('end with the stop function, and come for other roots all the same', async () => {
    const seen: RawPath[] = [];
    const stop = watched.source.watch(
      rawFromText(at('plate')),
      (paths) => seen.push(...paths),
      () => undefined,
    );
    await vi.waitFor(() => {
      expect(seen).toContain(raw('plate'));
    }, 5000);
    watched.stop();
    watched.stop();
    // Sent after the stop, answered before what follows it.
    writeFileSync(at('plate', 'one.csv'), 'x');
    await vi.waitFor(() => {
      expect(seen).toContain(raw('plate/one.csv'));
    }, 5000);
    expect(watched.hints.size).toBe(0);
    stop();
  });
});

describe('a root that is not there', () => {
  it('stops hints, and gives them again when it is back', async () => {
    watched = await watchForHints({ probeEvery: 100 }, (root) => {
      mkdirSync(join(root, 'plate'));
    });
    renameSync(watched.root, `${watched.root}-away`);
    expect((await watched.problem('stopped')).reason).toContain('not there any more');
    watched.forget();
    renameSync(`${watched.root}-away`, watched.root);
    await watched.problem('overflow');
    writeFileSync(at('plate', 'back.csv'), 'x');
    await watched.hinted('plate/back.csv', 'plate');
    rmSync(watched.root, { recursive: true });
    await watched.problem('stopped');
    await watched.close();
  });

  it('is waited for', async () => {
    watched = await watchForHints({ probeEvery: 100 });
    const seen: RawPath[] = [];
    const problems: string[] = [];
    watched.source.watch(
      rawFromText(at('later', 'root')),
      (paths) => seen.push(...paths),
      ({ kind }) => problems.push(kind),
    );
    await vi.waitFor(() => {
      expect(problems).toEqual(['stopped']);
    }, 5000);
    mkdirSync(at('later', 'root'), { recursive: true });
    await vi.waitFor(() => {
      expect(problems).toContain('overflow');
    }, 5000);
    writeFileSync(at('later', 'root', 'x.csv'), 'x');
    await vi.waitFor(() => {
      expect(seen).toContain(raw('later/root/x.csv'));
    }, 5000);
    await watched.close();
  });
});

describe('closing', () => {
  it.each(['await source.close();', ''])('leaves nothing that keeps a process running (%s)', (last) => {
    const folder = temporaryFolder();
    const program = join(folder, 'program.mjs');
    const client = JSON.stringify(new URL('../../src-main/engine/hint-client.ts', import.meta.url).href);
    writeFileSync(
      program,
      `const { hintThread } = await import(${client});
      const source = hintThread();
      await new Promise((resolve) => {
        const wait = setInterval(() => undefined, 1000);
        source.watch(${JSON.stringify(folder)}, () => { clearInterval(wait); resolve(); }, console.log);
      });
      ${last}
      console.log('done');`,
    );
    expect(execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 15_000 })).toBe('done\n');
    rmSync(folder, { recursive: true });
  });
});
