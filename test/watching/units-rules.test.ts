/** When which folder is one item: made-up runs, the real samples, and what goes wrong on the way. */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenInstance } from '../../src-main/instance/index.ts';
import { rawFromText, rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { readManifest } from '../../src-main/storage/folder-manifest.ts';
import { hasKnownFiles } from '../../src-main/storage/known-files.ts';
import type { Scanner } from '../../src-main/watching/index.ts';
import { putInventory } from '../../src-main/workstation/inventory.ts';
import { writeWorkstation } from '../../src-main/workstation/open-workstation.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';
import { openWatching, type TestWatching } from './open-watching.ts';

const SAMPLES = join(import.meta.dirname, '../../../shared/data');
const MINUTE = 61_000;
const MONTH = 30 * 86_400_000;

/** What passes between the threads: it must not grow with the files of one item. */
const passed = { candidates: 0, most: 0, read: 0 };
let test: TestWatching;
let clock: FakeClock;
beforeEach(async () => {
  clock = fakeClock(Date.now() + 60_000);
  Object.assign(passed, { candidates: 0, most: 0, read: 0 });
  test = await openWatching({ clock, scanner: countCandidates, context: countReads });
});
afterEach(() => test.close());

function countCandidates(scanner: Scanner): Scanner {
  return {
    ...scanner,
    scan: (request, onBatch, signal) =>
      scanner.scan(
        request,
        (batch) => {
          passed.candidates += batch.candidates.length;
          return onBatch(batch);
        },
        signal,
      ),
  };
}
function countReads(context: OpenInstance): OpenInstance {
  const { hasher } = context;
  return {
    ...context,
    hasher: {
      ...hasher,
      hashFiles: (paths, options) => {
        passed.read += paths.length;
        passed.most = Math.max(passed.most, paths.length);
        return hasher.hashFiles(paths, options);
      },
    },
  };
}
async function items(root?: string): Promise<(string | number | null)[][]> {
  const rows = (await test.artifacts(root)).filter(({ is_latest: latest }) => latest === 1);
  return rows.map(({ key, n_files: n }) => [key, n]).sort();
}
async function reasons(): Promise<string[]> {
  return (await test.inbox()).map(({ path, reason }) => `${path.slice(test.root.length + 1)}: ${reason}`).sort();
}
function illumina(run: string, ...more: string[]): void {
  for (const name of ['RunInfo.xml', 'Data/L001/s_1.bcl', ...more]) test.put(`${run}/${name}`);
}

describe('which folder it is', () => {
  it('the first rule of the table: an instrument before a marker, a marker before a rule of one’s own, that before a format', async () => {
    await test.bundle(['*.zarr', 'marked', 'run'], 'done.flag');
    illumina('run', 'CopyComplete.txt');
    illumina('drop/run', 'CopyComplete.txt');
    test.put('drop/marked/a.csv');
    test.put('drop/MARKER_is_finished_marked', '');
    test.put('image.zarr/0');
    clock.jump(MINUTE);
    await test.pass();
    expect(await items()).toEqual([
      ['drop/MARKER_is_finished_marked', null],
      ['drop/marked', 1],
      ['drop/run', 3],
      ['run', 3],
    ]);
    expect(await reasons()).toEqual(['image.zarr: Waiting – done.flag is not there yet']);
  });

  it.each([
    ['Illumina, in capitals of another system', 'r', ['RUNINFO.XML', 'copycomplete.TXT']],
    ['Nanopore, known by its name alone', '20240131_0912_MN12345_FAX00001_0a1b2c3d', ['final_summary_FAX00001.txt']],
    ['Agilent ChemStation', 'S1.D', ['DAD1A.ch']],
    ['Agilent MassHunter', 'S2.d', ['ACQDATA/MSScan.bin']],
    ['Bruker NMR-like', 'S3.d', ['ser']],
    ['Waters', 'S4.RAW', ['_FUNC001.DAT']],
  ])('%s', async (_title, run, files) => {
    for (const name of files) test.put(`${run}/${name}`);
    clock.jump(MINUTE);
    await test.pass();
    expect(await items()).toEqual([[run, files.length]]);
  });

  it('of a name that is not ASCII, with a marker beside it', async () => {
    await test.bundle(['Probe *'], '{name}.done');
    test.put('Probe ü/a.csv');
    await test.pass();
    expect(await reasons()).toEqual(['Probe ü: Waiting – Probe ü.done is not there yet']);
    test.put('Probe ü.done', '');
    await test.pass();
    expect(await items()).toEqual([
      ['Probe ü', 1],
      ['Probe ü.done', null],
    ]);
  });

  it('a single file with a marker beside it, where a rule names a marker and no folders', async () => {
    await test.bundle([], '{name}.ok');
    test.put('a.csv');
    test.put('b.csv');
    test.put('b.csv.ok', '');
    await test.pass();
    expect(await items()).toEqual([
      ['b.csv', null],
      ['b.csv.ok', null],
    ]);
    expect(await reasons()).toEqual(['a.csv: Waiting – a.csv.ok is not there yet']);
    test.put('a.csv.ok', '');
    clock.jump(31_000);
    await test.pass();
    expect((await items()).length).toBe(4);
    expect(await test.inbox()).toEqual([]);
  });

  it('never one around another storage, nor one that the storage around has', async () => {
    illumina('sub/run', 'CopyComplete.txt');
    illumina('around', 'CopyComplete.txt');
    const inner = await test.add(test.path('around/Data'));
    await test.pass();
    expect(await items()).toEqual([
      ['around/CopyComplete.txt', null],
      ['around/RunInfo.xml', null],
      ['sub/run', 3],
    ]);
    await test.add(test.path('sub'));
    await test.pass({ root: test.path('sub') });
    expect(await items(test.path('sub'))).toEqual([]);
    await test.pass({ root: inner.root });
    expect(await items(inner.root)).toEqual([['L001/s_1.bcl', null]]);
    // It stays with the storage that registered it, which still notices what changes in it.
    test.put('sub/run/late.txt');
    clock.jump(MINUTE);
    await test.pass();
    expect(await items()).toContainEqual(['sub/run', 4]);
    expect(await test.gone()).toEqual([]);
  });
});

describe('while it is not complete', () => {
  it('a marker that never comes: it waits and says for what, month after month; files beside it are ordinary', async () => {
    illumina('run');
    test.put('notes.txt');
    for (let month = 0; month < 3; month++) {
      await test.pass();
      clock.jump(MONTH);
    }
    await test.restart();
    await test.pass();
    expect(await items()).toEqual([['notes.txt', null]]);
    expect(await reasons()).toEqual(['run: Waiting – the sequencer has not written CopyComplete.txt yet']);
    expect(passed.read).toBe(1);
  });

  it('a writer that pauses is not complete, however often it is looked at; it survives a restart', async () => {
    test.put('image.zarr/0', 'a');
    clock.set(Date.now() + 20_000);
    await test.pass();
    clock.jump(50_000);
    test.put('image.zarr/1', 'b');
    clock.set(Date.now() + 40_000);
    await test.pass();
    expect(await items()).toEqual([]);
    await test.restart();
    await test.pass();
    expect(await items()).toEqual([]);
    clock.jump(MINUTE);
    await test.pass();
    expect(await items()).toEqual([['image.zarr', 2]]);
  });

  it('what happens in it makes no look at all of it before it may be quiet; a marker is seen at once', async () => {
    test.put('image.zarr/0');
    illumina('run');
    clock.set(Date.now() + 1000);
    await test.pass();
    const { totals } = await test.pass({ start: ['image.zarr/0'] });
    expect(totals.files).toBe(0);
    test.put('run/CopyComplete.txt');
    // Behind the file's time, the standing clock would take it for one of the future.
    clock.set(Date.now() + 1000);
    await test.pass({ start: ['run/CopyComplete.txt'] });
    expect(await items()).toEqual([['run', 3]]);
  });

  it('removed, it is forgotten; a file of it that a person saved does not make it many', async () => {
    illumina('run', 'extra.csv');
    illumina('other');
    await test.pass();
    rmSync(test.path('other'), { recursive: true });
    const storage = await test.storage();
    const { workstation } = test.context;
    await writeWorkstation(workstation, (tx) => {
      const text = {
        mtime_ns: '1',
        ctime_ns: '1',
        dev: '1',
        ino: '1',
        sha256: null,
        artifact_uid: 'x',
        gone_since: null,
      };
      const place = { storage_uid: storage.uid, folder: Buffer.from('run'), name: Buffer.from('extra.csv') };
      putInventory(tx, workstation, [{ ...place, ...text, size: 1, missing: 0, unit: 0 }]);
    });
    await test.pass();
    expect(await reasons()).toEqual(['run: Waiting – the sequencer has not written CopyComplete.txt yet']);
    expect(await items()).toEqual([]);
  });
});

describe('as one item', () => {
  it('real samples: its manifest names each file with its checksum', async () => {
    const run = test.path('201002_A01052_0023_BH5LWCDSXY');
    cpSync(join(SAMPLES, 'runs'), run, { recursive: true });
    cpSync(join(SAMPLES, 'instruments/thermo_fisher_qubit4'), join(run, 'Analysis'), { recursive: true });
    test.put('201002_A01052_0023_BH5LWCDSXY/CopyComplete.txt', '');
    await test.pass();
    const [row] = await test.artifacts();
    const expected = readdirSync(run, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(run.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')])
      .sort();
    expect(row?.n_files).toBe(expected.length);
    expect(expected.length).toBeGreaterThan(3);
    const manifest = join(rawToDisplay(test.context.folder), 'manifests', `${row?.uid ?? ''}.tsv.gz`);
    const found: string[][] = [];
    for await (const { path, sha256 } of readManifest(rawFromText(manifest))) found.push([rawToDisplay(path), sha256]);
    expect(found.sort()).toEqual(expected);
  });

  it('20,000 files are one row, one candidate, and read in parts of bounded size; nothing is read again unless it changed', async () => {
    for (let i = 0; i < 20_000; i++) test.put(`run/Data/${String(i % 100)}/${String(i)}`, String(i));
    test.put('run/RunInfo.xml');
    test.put('run/CopyComplete.txt', '');
    await test.pass();
    expect(await items()).toEqual([['run', 20_002]]);
    expect(passed).toEqual({ candidates: 1, most: 500, read: 20_002 });
    const rows = await test.context.workstation.db.selectFrom('inventory').select('name').execute();
    expect(rows.length).toBe(1);
    const changes = await test.changes();
    const { totals } = await test.pass();
    expect(totals.files).toBe(20_002);
    expect(await test.changes()).toBe(changes);
    expect(passed).toEqual({ candidates: 1, most: 500, read: 20_002 });
    test.put('run/Data/7/7', 'other');
    clock.jump(MINUTE);
    await test.pass();
    expect(passed.candidates).toBe(2);
    expect((await test.artifacts()).map(({ is_latest: latest, n_files: n }) => [latest, n])).toEqual([
      [0, 20_002],
      [1, 20_002],
    ]);
  }, 180_000);

  it('a change is told where neither the sum of sizes nor the youngest time tells it', async () => {
    illumina('run', 'CopyComplete.txt', 'from the future');
    const future = new Date('2099-01-01');
    utimesSync(test.path('run/from the future'), future, future);
    for (let look = 0; look < 2; look++) await test.pass();
    expect(await items()).toEqual([['run', 4]]);
    test.put('run/RunInfo.xml', 'RUN/RunInfo.xml');
    for (let look = 0; look < 2; look++) {
      clock.jump(MINUTE);
      await test.pass();
    }
    expect((await test.artifacts()).map(({ is_latest: latest }) => latest)).toEqual([0, 1]);
  });

  it.each(['renamed into', 'copied to, and removed here,'])(
    '%s another watched folder, it keeps its uid',
    async (how) => {
      illumina('run', 'CopyComplete.txt');
      test.put('stays.csv');
      await test.pass();
      const [before] = (await test.artifacts()).filter(({ n_files: n }) => n !== null);
      const other = test.folder('archive');
      await test.add(other);
      if (how === 'renamed into') renameSync(test.path('run'), join(other, 'run'));
      else {
        cpSync(test.path('run'), join(other, 'run'), { recursive: true });
        rmSync(test.path('run'), { recursive: true });
      }
      await test.pass();
      clock.jump(1000);
      expect((await test.pass({ root: other })).moved).toBe(1);
      expect((await test.artifacts(other)).map(({ uid, key, n_files: n }) => [uid, key, n])).toEqual([
        [before?.uid, 'run', 3],
      ]);
      expect((await test.pass({ root: other })).taken.registered).toBe(0);
    },
  );

  it('a storage of run folders alone is known again by them', async () => {
    illumina('run', 'CopyComplete.txt');
    await test.pass();
    const { uid } = await test.storage();
    expect(await hasKnownFiles(test.context, uid, rawFromText(test.root), false)).toBe(true);
    renameSync(test.path('run'), join(test.base, 'away'));
    test.put('something else.csv');
    expect(await hasKnownFiles(test.context, uid, rawFromText(test.root), false)).toBe(false);
  });
});
