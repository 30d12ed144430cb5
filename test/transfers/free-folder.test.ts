/** A run folder of a watched place goes from this computer and comes back: the same item, and nothing of anybody is lost. */
import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import {
  bringBack,
  finishHalfFrees,
  freeArtifacts,
  planFree,
  saveArtifacts,
  uploadArtifacts,
} from '../../src-main/artifacts/index.ts';
import { finishFolder } from '../../src-main/artifacts/free-folder.ts';
import { deleteInstance } from '../../src-main/instance/index.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import { removeStorage } from '../../src-main/storage/index.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';
import { openCloudBench, randomBytes, run, type CloudBench } from './open-cloud-bench.ts';
import { afterCommit, dyingAt, endOf, openIn, whenMoved, type Context } from './worst-moments.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();

let bench: CloudBench;
let root = '';
let folders = 0;
let other: ChildProcess | null = null;
beforeEach(async () => {
  root = `s3://${server().bucket}/free-folder-${String(folders++)}?endpoint_url=${server().endpoint}`;
  bench = await openCloudBench(root, { ...server().env });
});
afterEach(async () => {
  if (other !== null) await endOf(other);
  other = null;
  await bench.close();
  vi.unstubAllEnvs();
});

const free = (artifact: string, context: Context = bench.context) =>
  run(freeArtifacts(context, { artifacts: [artifact] }));
const back = (artifact: string, context: Context = bench.context) => run(bringBack(context, { artifacts: [artifact] }));
const here = (...parts: string[]): string => bench.path('local', 'run1', ...parts);
const store = () => openS3At(root, server().env);

/** A run of a sequencer that is complete, in a watched folder; its files. */
function arrive(): Map<string, Buffer> {
  const names = [
    'RunInfo.xml',
    'CopyComplete.txt',
    ...Array.from({ length: 12 }, (_, n) => `Data/L1/c${String(n)}.bcl`),
  ];
  for (const name of names) {
    mkdirSync(dirname(here(name)), { recursive: true });
    writeFileSync(here(name), randomBytes(300));
  }
  utimesSync(here('RunInfo.xml'), 1_600_000_000.123_456, 1_600_000_000.123_456);
  mkdirSync(here('empty', 'inside'), { recursive: true });
  return filesIn(here());
}

/** Registered by the watcher and uploaded; it stays in its place. */
async function uploaded(): Promise<{ uid: string; files: Map<string, Buffer> }> {
  const files = arrive();
  await bench.look();
  const { uid } = await bench.context.registry.db.selectFrom('artifact').select('uid').executeTakeFirstOrThrow();
  await run(uploadArtifacts(bench.context, { artifacts: [uid], free_up: false }));
  return { uid, files };
}

const places = () =>
  bench.context.registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['storage.type', 'artifact.state'])
    .orderBy('storage.type')
    .execute();
const CLOUD = { type: 's3', state: 'ok' };
const LOCAL = { type: 'local', state: 'ok' };
const artifacts = async (): Promise<number> =>
  (await bench.context.registry.db.selectFrom('artifact').select('id').execute()).length;
const pending = async (): Promise<string[]> =>
  (await bench.context.workstation.db.selectFrom('setting').select('name').execute())
    .map(({ name }) => name)
    .filter((name) => /^(?:free|return) /.test(name));
/** Whatever this program gave a name for the time being; what it notes of itself all the time is in the folder of its instance. */
const left = (): string[] =>
  readdirSync(bench.base, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\/\.benchkeep-[^/]*$/.test(path) && !/^home\/instances\/[^/]+\/[^/]*$/.test(path),
  );
const inbox = async (): Promise<string[]> =>
  (await listInbox(bench.context, { limit: 10 })).items.map(({ reason }) => reason);

/** It is as if nothing had been done to it: on the disk, in the registry, and for the next looks. */
async function expectStays(files: Map<string, Buffer>): Promise<void> {
  expect(filesIn(here())).toEqual(files);
  expect([await places(), await pending(), left()]).toEqual([[LOCAL, CLOUD], [], []]);
  await bench.lookTwice();
  expect([await places(), await artifacts(), await inbox()]).toEqual([[LOCAL, CLOUD], 1, []]);
}

describe('a run folder in its place', () => {
  test('goes where it is named, and comes back as the same item: no watcher takes it for missing or new', async () => {
    const { uid, files } = await uploaded();
    const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const { mode } = statSync(here());
    const dates = (): bigint[] =>
      [...files.keys()].map((name) => statSync(here(name), { bigint: true }).mtimeNs / 1000n);
    /** Microseconds. */
    const apart = (a: bigint[], b: bigint[]): number => Math.max(...a.map((date, i) => Number(date - (b[i] ?? 0n))));
    const written = dates();
    expect(await planFree(bench.context, { artifacts: [uid] })).toEqual({ n_files: 1, size, kept: [] });
    expect(await free(uid)).toMatchObject({ freed: size, items: [{ uid, state: 'ok' }], kept: [] });
    expect(existsSync(here())).toBe(false);
    expect([await places(), await pending(), left()]).toEqual([[CLOUD], [], []]);
    await bench.lookTwice();
    expect([await places(), await artifacts(), await inbox()]).toEqual([[CLOUD], 1, []]);

    const { items } = await back(uid);
    expect(items).toMatchObject([{ uid, state: 'ok', storage: { type: 's3' } }]);
    expect([statSync(here()).mode, bench.cached()]).toEqual([mode, []]);
    expect(apart(dates(), written) + apart(written, dates())).toBeLessThanOrEqual(2);
    expect(readdirSync(join(rawToDisplay(bench.context.folder), 'manifests'))).toEqual([`${uid}.tsv.gz`]);
    await expectStays(files);
    expect((await back(uid)).warnings).toEqual([expect.stringContaining('already')]);
    const said = () =>
      bench.context.registry.db.selectFrom('change').select('id').where('registry', '!=', 'run').execute();
    const before = await said();
    await bench.restart();
    await bench.lookTwice();
    expect(await said()).toEqual(before);

    // Edited afterwards, it is its next version.
    appendFileSync(here('Data/L1/c3.bcl'), 'more');
    bench.jump(3_600_000);
    await bench.look();
    const stems = await bench.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(stems).toEqual([{ stem_uid: uid.slice(0, 16) }, { stem_uid: uid.slice(0, 16) }]);
  });

  test('a folder that was saved by choice is one item again, too', async () => {
    mkdirSync(bench.path('local', 'notes'));
    for (const name of ['a.txt', 'b.txt']) writeFileSync(bench.path('local', 'notes', name), randomBytes(20));
    const { items } = await run(
      saveArtifacts(bench.context, { paths: [bench.path('local', 'notes')], labels: [], new: false }),
    );
    const uid = items[0]?.uid ?? '';
    await run(uploadArtifacts(bench.context, { artifacts: [uid], free_up: false }));
    await free(uid);
    await back(uid);
    await bench.lookTwice();
    expect([await places(), await artifacts(), await inbox()]).toEqual([[LOCAL, CLOUD], 1, []]);
  });

  test('Benchkeep’s own copy of a folder goes from where it keeps it', async () => {
    mkdirSync(bench.path('outside', 'run'));
    writeFileSync(bench.path('outside', 'run', 'a.bin'), randomBytes(100));
    const input = { paths: [bench.path('outside', 'run')], key: 'run', labels: [], new: false };
    const { items } = await run(saveArtifacts(bench.context, input));
    const uid = items[0]?.uid ?? '';
    await run(uploadArtifacts(bench.context, { artifacts: [uid], free_up: false }));
    await back(uid);
    expect(filesIn(bench.path('local', '.lamindb', uid))).toEqual(filesIn(bench.path('outside', 'run')));
    expect(bench.cached()).toEqual([]);
    expect(await free(uid)).toMatchObject({ freed: 100, kept: [] });
    expect(existsSync(bench.path('local', '.lamindb', uid))).toBe(false);
  });
});

test('the dates of what went stay for it, whatever becomes of another copy of it', async () => {
  const { uid } = await uploaded();
  const { mtimeMs } = statSync(here('RunInfo.xml'));
  await free(uid);
  const { sha256 } = await bench.context.registry.db.selectFrom('artifact').select('sha256').executeTakeFirstOrThrow();
  const facts = await bench.context.fs.look(rawFromText(bench.path('local')));
  if (sha256 === null || facts === null) throw new Error('not there');
  const folder = { id: 'free-other', sha256, size: 1, copyId: 0, list: { checksum: null, version: null } };
  const other = {
    uid,
    storageUid: 'x',
    relative: rawFromText('run1'),
    facts,
    verifiedAt: null,
    movesFrom: null,
    folder,
  };
  expect(await finishFolder(bench.context, other, null)).toEqual({ freed: 0 });
  await back(uid);
  expect(statSync(here('RunInfo.xml')).mtimeMs).toBeCloseTo(mtimeMs, 1);
});

describe('what can’t come back leaves nothing of itself where it was to be', () => {
  test.each(['setModified', 'makeFolder'] as const)('%s fails', async (verb) => {
    const { uid, files } = await uploaded();
    await free(uid);
    const { fs } = bench.context;
    const failing = async (...words: never[]): Promise<void> => {
      const [path] = words as RawPath[];
      const isIt = verb === 'setModified' || rawToDisplay(path ?? bench.context.folder) === bench.path('local');
      if (isIt) throw new BenchkeepError('disk_full', 'The disk is full', 'Make room.');
      const goOn: (...all: never[]) => Promise<void> = fs[verb];
      await goOn(...words);
    };
    await expect(back(uid, { ...bench.context, fs: { ...fs, [verb]: failing } })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect([left(), await pending(), await places()]).toEqual([[], [], [CLOUD]]);
    await back(uid);
    await expectStays(files);
  });
});

describe('stays, with its record and a reason', () => {
  test('where something else lies in it, which is named', async () => {
    const { uid } = await uploaded();
    writeFileSync(here('Data', 'mine.txt'), 'mine');
    expect(await free(uid)).toMatchObject({
      freed: 0,
      kept: [{ uid, reason: 'Data/mine.txt in it was not registered with it' }],
    });
    rmSync(here('Data', 'mine.txt'));
    expect((await free(uid)).kept).toEqual([]);
  });

  test('where a file of it is gone, or is other content', async () => {
    const { uid, files } = await uploaded();
    const file = here('Data/L1/c3.bcl');
    rmSync(file);
    expect((await free(uid)).kept).toMatchObject([{ reason: 'Data/L1/c3.bcl is not in it any more' }]);
    writeFileSync(file, randomBytes(300));
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('c3.bcl') as string }]);
    expect([(await places()).length, await pending(), left()]).toEqual([2, [], []]);
    writeFileSync(file, files.get('Data/L1/c3.bcl') ?? '');
    expect((await free(uid)).kept).toEqual([]);
  });

  test('where a file of it, or its list, is not in the bucket any more', async () => {
    const { uid, files } = await uploaded();
    const key = `.lamindb/${uid}/Data/L1/c7.bcl`;
    await (await store()).put(key, randomBytes(300));
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('c7.bcl') as string }]);
    await (await store()).delete(key);
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('c7.bcl') as string }]);
    await (await store()).put(key, files.get('Data/L1/c7.bcl') ?? Buffer.alloc(0));
    await (await store()).delete(`.lamindb/manifests/${uid}.tsv.gz`);
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('list') as string }]);
    await expectStays(files);
  });

  test('where another computer removes a file from the bucket after the proof', async () => {
    const { uid, files } = await uploaded();
    const { context } = bench;
    let committed = false;
    const racing: Context = {
      ...context,
      onCommitted: (...words: Parameters<typeof context.onCommitted>) => {
        committed ||= words[0].operation === 'free';
        context.onCommitted(...words);
      },
      stores: {
        ...context.stores,
        async open(...words) {
          if (committed) await (await store()).delete(`.lamindb/${uid}/Data/L1/c7.bcl`);
          return context.stores.open(...words);
        },
      },
    };
    expect((await free(uid, racing)).kept).toMatchObject([{ reason: expect.stringContaining('c7.bcl') as string }]);
    await expectStays(files);
  });

  test('where a program has a file of it open', async () => {
    const { uid, files } = await uploaded();
    other = await openIn(here('Data/L1/c3.bcl'));
    expect((await free(uid)).kept).toMatchObject([{ reason: 'a program has a file of it open' }]);
    await expectStays(files);
  });

  test('where a file of it is an item of its own', async () => {
    const { uid, files } = await uploaded();
    const input = { paths: [here('RunInfo.xml')], labels: [], new: false };
    await run(saveArtifacts(bench.context, input));
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('RunInfo.xml') as string }]);
    expect(filesIn(here())).toEqual(files);
  });

  test('where nothing may be removed from a folder in it: nothing goes', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write everywhere');
    const { uid, files } = await uploaded();
    chmodSync(here('Data/L1'), 0o555);
    expect((await free(uid)).kept).toMatchObject([{ reason: expect.stringContaining('may not be written') as string }]);
    chmodSync(here('Data/L1'), 0o755);
    await expectStays(files);
  });

  test('where somebody writes into it between the proof and its going: that work is its next version', async () => {
    const { uid } = await uploaded();
    const racing = afterCommit(bench.context, 'free', () => {
      appendFileSync(here('Data/L1/c3.bcl'), 'work');
    });
    expect((await free(uid, racing)).kept).toMatchObject([{ reason: 'somebody works on it' }]);
    expect(readFileSync(here('Data/L1/c3.bcl'), 'latin1')).toMatch(/work$/);
    expect([(await places()).length, await pending(), left()]).toEqual([2, [], []]);
    bench.jump(3_600_000);
    await bench.look();
    expect(await artifacts()).toBe(2);
  });

  test('where somebody writes into it, or beside its files, when it has its other name by now', async () => {
    const { uid, files } = await uploaded();
    const racing = whenMoved(bench.context, here(), (away) => {
      writeFileSync(join(away, 'late.txt'), 'mine');
    });
    expect((await free(uid, racing)).kept).toMatchObject([{ reason: 'somebody works on it' }]);
    expect(readFileSync(here('late.txt'), 'utf8')).toBe('mine');
    rmSync(here('late.txt'));
    await expectStays(files);
  });

  test('where somebody writes into it, and makes another one of its name: both stay, and it is told where', async () => {
    const { uid, files } = await uploaded();
    const racing = whenMoved(bench.context, here(), (away) => {
      writeFileSync(join(away, 'late.txt'), 'mine');
      mkdirSync(here());
      writeFileSync(here('CopyComplete.txt'), 'another run');
    });
    const beside = bench.path('local', 'run1 (2)');
    expect((await free(uid, racing)).kept).toMatchObject([{ reason: expect.stringContaining(beside) as string }]);
    expect(filesIn(beside)).toEqual(new Map([...files, ['late.txt', Buffer.from('mine')]]));
    expect(filesIn(here()).size).toBe(1);
    expect([await places(), await pending(), left()]).toEqual([[CLOUD], [], []]);
  });

  test('what somebody wrote at the very last moment has its place again, and is told', async () => {
    const { uid } = await uploaded();
    const { context } = bench;
    let gone = 0;
    const racing: Context = {
      ...context,
      fs: {
        ...context.fs,
        async unlinkProven(...words) {
          if (gone++ === 0) writeFileSync(join(dirname(rawToDisplay(words[0])), 'late.txt'), 'mine');
          return context.fs.unlinkProven(...words);
        },
      },
    };
    expect((await free(uid, racing)).kept).toMatchObject([
      { reason: expect.stringContaining('where it was') as string },
    ]);
    expect(filesIn(here())).toEqual(new Map([['late.txt', Buffer.from('mine')]]));
    expect([await pending(), left()]).toEqual([[], []]);
  });
});

/** Dies before the file of that number goes. */
function dyingAfter(context: Context, many: number): { context: Context; dead: Promise<void> } {
  let reached = (): void => undefined;
  const dead = new Promise<void>((resolve) => (reached = resolve));
  let gone = 0;
  const unlinkProven: Context['fs']['unlinkProven'] = async (...words) => {
    if (gone++ < many) return context.fs.unlinkProven(...words);
    reached();
    return new Promise(() => undefined);
  };
  return { context: { ...context, fs: { ...context.fs, unlinkProven } }, dead };
}

describe('a disk that fails in the middle', () => {
  const failing = (verbs: Partial<Context['fs']>): Context => ({
    ...bench.context,
    fs: { ...bench.context.fs, ...verbs },
  });
  /** The file stays from its third one on. */
  function atThird(): Pick<Context['fs'], 'unlinkProven'> {
    const { fs } = bench.context;
    let done = 0;
    return {
      unlinkProven: (...words) =>
        ++done > 2 ? Promise.reject(new BenchkeepError('io_error', 'EIO', 'Look.')) : fs.unlinkProven(...words),
    };
  }

  test('a part of it is gone: that is told, and what to do', async () => {
    const { uid, files } = await uploaded();
    const { kept } = await free(uid, failing(atThird()));
    expect(kept).toMatchObject([
      {
        reason: `a part of it is gone from this computer already, and is in the bucket (EIO): the rest goes when it is freed again, or all of it comes back with benchkeep bring-back ${uid}`,
      },
    ]);
    await back(uid);
    await expectStays(files);
  });

  test('and nobody can say what is left: the first error is told', async () => {
    const { uid } = await uploaded();
    let isBroken = false;
    const { fs } = bench.context;
    const { kept } = await free(
      uid,
      failing({
        unlinkProven: () => {
          isBroken = true;
          return Promise.reject(new BenchkeepError('io_error', 'EIO first', 'Look.'));
        },
        look: (path) =>
          isBroken && path.includes('/.benchkeep-')
            ? Promise.reject(new BenchkeepError('io_error', 'EIO then', 'Look.'))
            : fs.look(path),
      }),
    );
    expect(kept).toMatchObject([{ reason: 'EIO first' }]);
  });
});

/** Dies when the folder is gone, and nothing says so yet. */
function dyingBeforeItIsOver(context: Context): { context: Context; dead: Promise<void> } {
  let reached = (): void => undefined;
  const dead = new Promise<void>((resolve) => (reached = resolve));
  const removeEmptyFolder: Context['fs']['removeEmptyFolder'] = async (path) => {
    const isGone = await context.fs.removeEmptyFolder(path);
    if (dirname(rawToDisplay(path)) !== dirname(here())) return isGone;
    reached();
    return new Promise(() => undefined);
  };
  return { context: { ...context, fs: { ...context.fs, removeEmptyFolder } }, dead };
}

describe('a program that dies while it goes', () => {
  test.each(['before', 'after'] as const)(
    '%s it has its other name: it is where it was, with its record',
    async (when) => {
      const { uid, files } = await uploaded();
      const { context, dead } = dyingAt(bench.context, { verb: 'moveProven', path: here(), when });
      void free(uid, context);
      await dead;
      await bench.restart();
      await expectStays(files);
    },
  );

  test.each([
    ['the next start asks the store, and the rest goes', () => finishHalfFrees(bench.context, signal)],
    ['asked for again the rest goes', (uid: string) => free(uid)],
  ])('in the middle of its files: half of it is seen by nobody; %s', async (_, finish) => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    await bench.restart();
    expect([existsSync(here()), left().length, (await pending()).length]).toEqual([false, 2, 1]);
    await bench.lookTwice();
    expect([await places(), await artifacts(), await inbox()]).toEqual([[CLOUD], 1, []]);
    await finish(uid);
    expect([existsSync(here()), left(), await pending()]).toEqual([false, [], []]);
    await back(uid);
    await expectStays(files);
  });

  test('when all of it went, and the instrument makes one of its name anew: that is no copy of it', async () => {
    const { uid } = await uploaded();
    const { context, dead } = dyingBeforeItIsOver(bench.context);
    void free(uid, context);
    await dead;
    expect([existsSync(here()), (await pending()).length]).toEqual([false, 1]);
    mkdirSync(here());
    writeFileSync(here('CopyComplete.txt'), 'another run');
    await bench.restart();
    expect([await places(), await pending(), left()]).toEqual([[CLOUD], [], []]);
    expect(filesIn(here())).toEqual(new Map([['CopyComplete.txt', Buffer.from('another run')]]));
    expect((await free(uid)).freed).toBe(0);
    expect(existsSync(here('CopyComplete.txt'))).toBe(true);
  });

  test('in the middle of its files: it can be brought back', async () => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    await bench.restart();
    await back(uid);
    await expectStays(files);
  });

  test('in the middle, and what went is not in the bucket any more: the rest has its place again', async () => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    await bench.restart();
    const [gone = ''] = [...files.keys()].filter(
      (name) => !left().some((path) => existsSync(join(bench.base, path, name))),
    );
    await (await store()).delete(`.lamindb/${uid}/${gone}`);
    await finishHalfFrees(bench.context, signal);
    expect([filesIn(here()).size, left(), await pending()]).toEqual([files.size - 5, [], []]);
  });

  test.each([
    ['is in the bucket: the rest goes', false],
    ['is nowhere: the rest has its place again', true],
  ])('in the middle, and its list of files is lost here, and %s', async (_, isNowhere) => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    await bench.restart();
    rmSync(join(rawToDisplay(bench.context.folder), 'manifests', `${uid}.tsv.gz`));
    if (isNowhere) await (await store()).delete(`.lamindb/manifests/${uid}.tsv.gz`);
    await finishHalfFrees(bench.context, signal);
    expect([left(), await pending(), existsSync(here())]).toEqual([[], [], isNowhere]);
    if (isNowhere) expect(filesIn(here()).size).toBe(files.size - 5);
  });

  test('in the middle, its storage is not removed while its drive is away', async () => {
    const { uid } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    unmount();
    await bench.restart();
    await expect(removeStorage(bench.context, { storage: bench.path('local') })).rejects.toMatchObject({
      code: 'storage_in_use',
      details: { count: 1 },
    });
    mount();
    await bench.restart();
    await finishHalfFrees(bench.context, signal);
    expect([left(), await pending()]).toEqual([[], []]);
    expect((await removeStorage(bench.context, { storage: bench.path('local') })).remains).toHaveLength(1);
  });

  test.each(['there', 'away'])('in the middle, and its instance is deleted; its drive is %s', async (where) => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAfter(bench.context, 5);
    void free(uid, context);
    await dead;
    await bench.restart();
    if (where === 'away') unmount();
    await bench.context.close();
    const { remains } = await deleteInstance(await openBenchWorkbench(bench.path('home')), {
      name: 'lab',
      force: true,
    });
    if (where === 'away') expect(remains[0]).toContain(`${here()} (a part of it may be beside it, hidden`);
    else expect([filesIn(here()).size, left()]).toEqual([files.size - 5, []]);
  });

  test('F-WA05 and its drive is away at the next start: it waits for it', async () => {
    const { uid, files } = await uploaded();
    const { context, dead } = dyingAt(bench.context, { verb: 'moveProven', path: here(), when: 'after' });
    void free(uid, context);
    await dead;
    unmount();
    await bench.restart();
    expect([(await pending()).length, await places()]).toEqual([1, [CLOUD]]);
    mount();
    await bench.restart();
    await expectStays(files);
  });
});

/** As a folder that a drive is mounted on. */
function unmount(): void {
  renameSync(bench.path('local'), bench.path('away'));
  mkdirSync(bench.path('local'));
}
function mount(): void {
  rmSync(bench.path('local'), { recursive: true });
  renameSync(bench.path('away'), bench.path('local'));
}

describe('F-WA05 a drive that goes away', () => {
  test('before it goes: it is not called freed', async () => {
    const { uid, files } = await uploaded();
    expect(await free(uid, afterCommit(bench.context, 'free', unmount))).toMatchObject({ freed: 0, kept: [{ uid }] });
    mount();
    await expectStays(files);
  });

  test('while it goes: it is not called freed, and has its place again when the drive is back', async () => {
    const { uid, files } = await uploaded();
    expect(await free(uid, whenMoved(bench.context, here(), unmount))).toMatchObject({ freed: 0, kept: [{ uid }] });
    expect((await pending()).length).toBe(1);
    mount();
    await bench.restart();
    await expectStays(files);
  });

  test('before what comes back has its name: it comes when it is asked for again', async () => {
    const { uid, files } = await uploaded();
    await free(uid);
    await expect(back(uid, afterCommit(bench.context, 'bring back', unmount))).rejects.toMatchObject({
      code: 'offline',
    });
    expect(filesIn(bench.cacheOf(uid) ?? '')).toEqual(files);
    mount();
    await back(uid);
    await expectStays(files);
  });
});

describe('coming back', () => {
  test('something else at the old place is never replaced, and keeps what is known of it', async () => {
    const { uid } = await uploaded();
    await free(uid);
    const racing = afterCommit(bench.context, 'bring back', () => {
      mkdirSync(here());
      writeFileSync(here('mine.txt'), 'mine');
    });
    await expect(back(uid, racing)).rejects.toMatchObject({ code: 'already_exists' });
    expect([...filesIn(here()).keys()]).toEqual(['mine.txt']);
    expect([await places(), await pending(), left()]).toEqual([[CLOUD], [], []]);
    await expect(back(uid)).rejects.toMatchObject({ code: 'already_exists' });
  });

  test.each(['before', 'after'] as const)(
    'a program that dies %s it has its name finishes at its next start',
    async (when) => {
      const { uid, files } = await uploaded();
      await free(uid);
      const { context, dead } = dyingAt(bench.context, { verb: 'moveProven', path: here(), when });
      void back(uid, context);
      await dead;
      await bench.restart();
      await bench.look();
      // What was fetched is not wanted twice: the next look at the cache may take it away.
      expect(await free(uid)).toMatchObject({ kept: [] });
      await back(uid);
      await expectStays(files);
    },
  );

  test('edited after a crash gave it its name, it is read again and is the next version', async () => {
    const { uid } = await uploaded();
    await free(uid);
    const { context, dead } = dyingAt(bench.context, { verb: 'moveProven', path: here(), when: 'after' });
    void back(uid, context);
    await dead;
    appendFileSync(here('Data/L1/c3.bcl'), 'work');
    await bench.restart();
    bench.jump(3_600_000);
    await bench.look();
    const stems = await bench.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(stems).toEqual([{ stem_uid: uid.slice(0, 16) }, { stem_uid: uid.slice(0, 16) }]);
  });

  test('where this computer has no list of its files any more: that of the bucket is fetched', async () => {
    const { uid, files } = await uploaded();
    await free(uid);
    rmSync(join(rawToDisplay(bench.context.folder), 'manifests', `${uid}.tsv.gz`));
    await back(uid);
    await expectStays(files);
  });
});
