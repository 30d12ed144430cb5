import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';
import { openWatching, until, type TestWatching } from './open-watching.ts';

let test: TestWatching;
let clock: FakeClock;
beforeEach(async () => {
  clock = fakeClock(Date.now() + 60_000);
  test = await openWatching({ clock });
});
afterEach(() => test.close());

const QUIET = 900_000;
const MINUTE = 61_000;

async function items(): Promise<(string | number | null)[][]> {
  const rows = await test.artifacts();
  return rows
    .filter(({ is_latest }) => is_latest === 1)
    .map(({ key, n_files: n }) => [key, n])
    .sort();
}
async function reasons(): Promise<string[]> {
  return (await test.inbox()).map(({ path, reason }) => `${path.slice(test.root.length + 1)}: ${reason}`);
}
function illumina(run: string): void {
  test.put(`${run}/RunInfo.xml`, '<RunInfo/>');
  test.put(`${run}/Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl.gz`, 'bases');
  test.put(`${run}/SampleSheet.csv`, 'sheet');
}

describe('a run folder is one item', () => {
  it('Illumina: once CopyComplete.txt is there; until then it waits for it, and nothing in it is registered', async () => {
    illumina('run 1');
    await test.pass();
    expect(await items()).toEqual([]);
    expect(await reasons()).toEqual(['run 1: Waiting – the sequencer has not written CopyComplete.txt yet']);
    test.put('run 1/CopyComplete.txt', '');
    await test.pass();
    expect(await items()).toEqual([['run 1', 4]]);
    expect(await test.inbox()).toEqual([]);
    const [row] = await test.artifacts();
    expect(row).toMatchObject({ hash_type: 'md5-d', state: 'ok', size: 20 });
    const manifest = join(rawToDisplay(test.context.folder), 'manifests', `${row?.uid ?? ''}.tsv.gz`);
    expect(gunzipSync(readFileSync(manifest)).toString().split('\n').length).toBe(5);
    const before = await test.changes();
    await test.pass();
    expect(await test.changes()).toBe(before);
  });

  it('Illumina of an older kind: RTAComplete.txt, and 15 minutes in which nothing changes', async () => {
    illumina('run');
    test.put('run/RTAComplete.txt', 'done');
    await test.pass();
    expect(await reasons()).toEqual(['run: Waiting – still being written, complete after 15 minutes without a change']);
    clock.jump(QUIET + 1000);
    await test.pass();
    expect(await items()).toEqual([['run', 4]]);
  });

  it.each([
    ['Nanopore', 'nano', ['fastq_pass/a.fastq.gz', 'report.html'], 'final_summary_FAX1.txt', 'final summary'],
    ['Bruker', 'sample.d', ['method.m/x.xml'], 'analysis.tdf', 'data file'],
    ['Agilent', 'S1.D', ['acq.xml'], 'AcqData/MSScan.bin', 'data file'],
    ['Waters', 'S2.raw', ['_HEADER.TXT'], '_FUNC001.DAT', 'data file'],
  ])('%s', async (_name, run, files, last, waits) => {
    for (const file of files) test.put(`${run}/${file}`);
    clock.jump(20_000);
    await test.pass();
    expect(await items()).toEqual([]);
    expect(await reasons()).toEqual([expect.stringContaining(waits) as string]);
    test.put(`${run}/${last}`);
    clock.jump(20_000);
    await test.pass({ settle: 10_000 });
    expect(await items()).toEqual([[run, files.length + 1]]);
  });

  it('zarr: after a minute in which nothing changes', async () => {
    test.put('image.ome.zarr/0/0.0', 'chunk');
    test.put('image.ome.zarr/.zattrs', '{}');
    clock.set(Date.now() + 30_000);
    await test.pass();
    expect(await reasons()).toEqual([
      'image.ome.zarr: Waiting – still being written, complete after 60 seconds without a change',
    ]);
    clock.jump(61_000);
    await test.pass();
    expect(await items()).toEqual([['image.ome.zarr', 2]]);
  });

  it('with a marker beside it; its neighbours wait for theirs', async () => {
    test.put('a/1.csv');
    test.put('b/1.csv');
    test.put('MARKER_is_finished_a', '');
    await test.pass();
    expect(await items()).toEqual([
      ['MARKER_is_finished_a', null],
      ['a', 1],
    ]);
    expect(await reasons()).toEqual(['b: Waiting – MARKER_is_finished_b is not there yet']);
  });

  it('by a rule of its own, with a file that says it is done', async () => {
    await test.bundle(['exp_*'], 'done.flag');
    test.put('exp_1/a.csv');
    test.put('other/b.csv');
    await test.pass();
    expect(await items()).toEqual([['other/b.csv', null]]);
    test.put('exp_1/done.flag', '');
    await test.pass();
    expect(await items()).toEqual([
      ['exp_1', 2],
      ['other/b.csv', null],
    ]);
  });

  it('the outermost of several', async () => {
    illumina('run');
    test.put('run/inner.zarr/0', 'x');
    test.put('run/CopyComplete.txt', '');
    await test.pass();
    expect(await items()).toEqual([['run', 5]]);
  });

  it('files beside it are ordinary, and what was registered one by one stays so', async () => {
    test.put('exp_1/a.csv');
    test.put('notes.txt');
    await test.pass();
    await test.bundle(['exp_*'], null);
    test.put('exp_1/b.csv');
    test.put('exp_2/c.csv');
    clock.jump(MINUTE);
    await test.pass();
    expect(await items()).toEqual([
      ['exp_1/a.csv', null],
      ['exp_1/b.csv', null],
      ['exp_2', 1],
      ['notes.txt', null],
    ]);
    expect(await test.gone()).toEqual([]);
  });
});

describe('what happens to it', () => {
  beforeEach(async () => {
    illumina('run');
    test.put('run/CopyComplete.txt', '');
    test.put('stays.csv');
    await test.pass();
  });
  const uid = async (): Promise<string> => (await test.artifacts()).find(({ n_files: n }) => n !== null)?.uid ?? '';

  it('changed content is its next version', async () => {
    const first = await uid();
    appendFileSync(test.path('run/SampleSheet.csv'), ' corrected');
    clock.jump(MINUTE);
    await test.pass();
    const versions = (await test.artifacts()).filter(({ stem_uid: stem }) => stem === first.slice(0, 16));
    expect(versions.map(({ is_latest: latest, state }) => [latest, state])).toEqual([
      [0, 'missing'],
      [1, 'ok'],
    ]);
  });

  it('renamed, it is followed without being read', async () => {
    const before = await uid();
    renameSync(test.path('run'), test.path('run of Monday'));
    const { moved, taken } = await test.pass();
    expect([moved, taken.registered]).toEqual([1, 0]);
    expect(await items()).toEqual([
      ['run of Monday', 4],
      ['stays.csv', null],
    ]);
    expect(await uid()).toBe(before);
    expect((await test.pass()).moved).toBe(0);
  });

  it('gone, it is missing after a second look, and ok when it is back', async () => {
    const away = join(test.base, 'away');
    renameSync(test.path('run'), away);
    await test.pass();
    clock.jump(10_001);
    await test.pass();
    const state = async (): Promise<string | undefined> =>
      (await test.artifacts()).find(({ n_files: n }) => n !== null)?.state;
    expect(await state()).toBe('missing');
    renameSync(away, test.path('run'));
    await test.pass();
    expect(await state()).toBe('ok');
  });

  it('a hint from deep inside is a look at all of it', async () => {
    test.put('run/Data/late.txt', 'late');
    clock.jump(MINUTE);
    await test.pass({ start: ['run/Data/late.txt'] });
    expect((await items())[0]).toEqual(['run', 5]);
  });
});

describe('while it waits', () => {
  it('it is known after a restart, and nothing is left when it is removed', async () => {
    illumina('run');
    await test.pass();
    await test.restart();
    expect((await test.inbox()).length).toBe(1);
    test.put('stays.csv');
    rmSync(test.path('run'), { recursive: true });
    await test.pass();
    expect(await test.inbox()).toEqual([]);
  });

  it('is taken when its marker comes, though nothing else is looked at', async () => {
    illumina('run');
    const watching = await test.start();
    await watching.look();
    expect((await test.inbox()).length).toBe(1);
    writeFileSync(test.path('run/CopyComplete.txt'), '');
    test.hints.hint(test.path('run/CopyComplete.txt'));
    await until(async () => {
      await clock.advance(31_000);
      return (await items()).length === 1;
    }, 'taken');
  });

  it('a folder of many files is one row of the inventory', async () => {
    mkdirSync(test.path('big.zarr/0'), { recursive: true });
    for (let n = 0; n < 3000; n++) writeFileSync(test.path(`big.zarr/0/${String(n)}`), String(n));
    clock.jump(120_000);
    await test.pass();
    expect(await items()).toEqual([['big.zarr', 3000]]);
    const { n } = await test.context.workstation.db
      .selectFrom('inventory')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    expect(n).toBe(1);
  });
});
