/** What is evicted and freed: what happens in the time between the proof and the end, and what nothing is known of. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  cacheArtifact,
  deleteArtifacts,
  freeArtifacts,
  planFree,
  saveArtifacts,
  verify,
} from '../../src-main/artifacts/index.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { evictCached, evictOverLimit } from '../../src-main/transfers/index.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { useS3 } from '../stores/use-s3.ts';
import { bytesAt, randomBytes, run, type CloudBench } from './open-cloud-bench.ts';
import { useCloudBench } from './use-cloud-bench.ts';
import { whileReading, type Context } from './worst-moments.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();

const here = useCloudBench(server, 'evict');
const { opened, closeAll, free, pathOf, localCopies, pending } = here;
let bench: CloudBench;
let root = '';
beforeEach(() => {
  bench = here.bench();
  root = here.root();
});

async function savedFolder(): Promise<{ uid: string; path: string; names: string[] }> {
  const folder = bench.path('outside', 'run1.d');
  mkdirSync(folder);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), randomBytes(500));
  const input = { paths: [folder], key: 'run1.d', labels: [], new: false, upload: true };
  const uid = (await run(saveArtifacts(bench.context, input))).items[0]?.uid ?? '';
  const { path } = await run(cacheArtifact(bench.context, { artifact: uid }));
  return { uid, path, names: ['a', 'b', 'c'] };
}

describe('F-CA05 between the proof and the end', () => {
  test('F-CA05 a file of the cache that a program opens stays', async () => {
    const content = randomBytes(3000);
    const uid = await bench.saveOutside('a.fcs', content);
    const racing = whileReading(bench.context, pathOf(uid), () => opened(pathOf(uid)));
    expect(await evictCached(racing, uid, signal)).toEqual({ kind: 'kept', reason: 'a program has it open' });
    expect(bytesAt(pathOf(uid))).toEqual(content);
  });

  test('F-CA05 a file in place that a program opens stays, and its record names it', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    const file = bench.path('local', 'a.fcs');
    const racing = whileReading(bench.context, file, () => opened(file));
    expect(await free(racing, uid)).toMatchObject({ freed: 0, kept: [{ uid, reason: 'a program has it open' }] });
    expect(bytesAt(file)).toEqual(content);
    expect(await localCopies()).toBe(1);
    expect(await pending()).toEqual([]);
  });

  test('F-CA05 a folder of which a program opens a file has its name again', async () => {
    const { uid, path, names } = await savedFolder();
    const racing = whileReading(bench.context, join(path, 'c'), () => opened(join(path, 'b')));
    expect(await evictCached(racing, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(readdirSync(path)).toEqual(names);
    expect(bench.cached()).toEqual([`${uid}.d`]);
    await closeAll();
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'evicted' });
    expect(bench.cached()).toEqual([]);
  });

  test('F-CA05 a folder that is written to when it was proven already has its name again, with the work', async () => {
    const { uid, path } = await savedFolder();
    const { context } = bench;
    const racing: Context = {
      ...context,
      fs: {
        ...context.fs,
        async moveFolderIn(from, to) {
          // By who was in the folder already.
          if (rawToDisplay(from) === path) appendFileSync(join(path, 'b'), 'work');
          await context.fs.moveFolderIn(from, to);
        },
      },
    };
    expect(await evictCached(racing, uid, signal)).toEqual({ kind: 'kept', reason: 'somebody works on it' });
    expect(readFileSync(join(path, 'b'), 'latin1')).toMatch(/work$/);
  });

  test('F-CA05 a folder that was to go when the program died has its name again', async () => {
    const { uid, path, names } = await savedFolder();
    const { context } = bench;
    const dying: Context = {
      ...context,
      fs: { ...context.fs, removeOwnFolder: () => Promise.reject(new Error('the program died')) },
    };
    await expect(evictCached(dying, uid, signal)).rejects.toThrow('died');
    expect(existsSync(path)).toBe(false);
    await bench.restart();
    expect(readdirSync(path)).toEqual(names);
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'evicted' });
    expect(bench.cached()).toEqual([]);
  });
});

describe('the limit of the cache', () => {
  const saved = async (): Promise<string[]> => {
    const uids: string[] = [];
    for (const name of ['a.fcs', 'b.fcs', 'c.fcs']) {
      uids.push(await bench.saveOutside(name, randomBytes(1000)));
      bench.jump(60_000);
    }
    await setSettings(bench.context, { cache_limit: 10 });
    return uids;
  };

  test('asks a store that is away once, and again the next time', async () => {
    await saved();
    let asked = 0;
    const { context } = bench;
    const away: Context = {
      ...context,
      stores: {
        ...context.stores,
        open() {
          asked++;
          return Promise.reject(new BenchkeepError('offline', 'Nobody answers', 'Try again.', { retry: true }));
        },
      },
    };
    expect(await evictOverLimit(away, { signal })).toBe(0);
    expect(asked).toBe(1);
    expect(await evictOverLimit(away, { signal })).toBe(0);
    expect(asked).toBe(2);
    expect(await evictOverLimit(context, { signal })).toBe(3000);
  });

  test('does not read again and again what it may not take away', async () => {
    const [uid = ''] = await saved();
    writeFileSync(pathOf(uid), readFileSync(pathOf(uid)));
    const hashed: string[] = [];
    const { context } = bench;
    const counting: Context = {
      ...context,
      hasher: {
        ...context.hasher,
        hashFiles(paths, options) {
          hashed.push(...paths.map(rawToDisplay));
          return context.hasher.hashFiles(paths, options);
        },
      },
      // The store answers, and has none of it.
      stores: {
        ...context.stores,
        open: async (root) => ({ ...(await context.stores.open(root)), stat: () => Promise.resolve(null) }),
      },
    };
    expect(await evictOverLimit(counting, { signal })).toBe(0);
    expect(hashed).toEqual([pathOf(uid)]);
    expect(await evictOverLimit(counting, { signal })).toBe(0);
    expect(hashed).toEqual([pathOf(uid)]);
  });

  test('keeps nobody waiting who wants other content', async () => {
    const [a = '', b = ''] = await saved();
    await evictCached(bench.context, b, signal);
    const { context } = bench;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const slow: Context = {
      ...context,
      fs: {
        ...context.fs,
        async unlinkProven(...words) {
          await held;
          return context.fs.unlinkProven(...words);
        },
      },
    };
    const { path } = await run(cacheArtifact(slow, { artifact: b }));
    expect(path).toBe(pathOf(b));
    expect(bench.cached()).toContain(`${a}.fcs`);
    goOn();
    await vi.waitFor(() => expect(bench.cached()).toEqual([`${b}.fcs`]), { timeout: 60_000 });
  });
});

describe('what the cache has of a record that was deleted on another computer', () => {
  /** As if this computer did not know of the deletion. */
  async function deletedElsewhere(uid: string): Promise<void> {
    const { db } = bench.context.workstation;
    await db.updateTable('cached').set({ artifact_uid: 'hidden' }).where('artifact_uid', '=', uid).execute();
    await deleteArtifacts(bench.context, { artifacts: [uid], storage: null });
    await db.updateTable('cached').set({ artifact_uid: uid }).where('artifact_uid', '=', 'hidden').execute();
  }

  test('goes when space is needed, and is listed', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    await deletedElsewhere(uid);
    expect(await planFree(bench.context, { artifacts: null })).toEqual({ n_files: 1, size: 3000, kept: [] });
    expect(await run(freeArtifacts(bench.context, { artifacts: null }))).toMatchObject({ freed: 3000, kept: [] });
    expect(bench.cached()).toEqual([]);
  });

  test('F-CA04 is put aside and told where it was edited', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    appendFileSync(pathOf(uid), 'work');
    await deletedElsewhere(uid);
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(bench.cached()).toEqual([`edited-1-${uid}.fcs`]);
    const { items } = await listInbox(bench.context, { limit: 10 });
    expect(items[0]?.reason).toContain(`edited-1-${uid}.fcs`);
    expect(items[0]?.reason).not.toContain('--revises');
  });

  test('stays where the history says nothing of a deletion', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    await bench.context.workstation.db.updateTable('cached').set({ artifact_uid: 'unknown' }).execute();
    expect(await evictCached(bench.context, 'unknown', signal)).toMatchObject({ kind: 'kept' });
    expect(bench.cached()).toEqual([`${uid}.fcs`]);
  });
});

test('a folder that was fetched is freed where it is named; its place here stays', async () => {
  const { uid, names } = await savedFolder();
  const size = names.length * 500;
  expect(await planFree(bench.context, { artifacts: [uid] })).toEqual({ n_files: 1, size, kept: [] });
  expect(await free(bench.context, uid)).toMatchObject({ freed: size, kept: [] });
  expect(bench.cached()).toEqual([]);
});

test('a folder that was registered where it is goes by the list that this computer has of it', async () => {
  const { admin, bucket } = server();
  const prefix = root.slice(`s3://${bucket}/`.length);
  for (const name of ['a', 'sub/b'])
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/theirs/${name}`, Body: randomBytes(500) }));
  const input = { paths: [`${root}/theirs`], labels: [], new: false };
  const uid = (await run(saveArtifacts(bench.context, input))).items[0]?.uid ?? '';
  await run(verify(bench.context, { artifacts: [uid], all: false, registry: false }));
  const { path } = await run(cacheArtifact(bench.context, { artifact: uid }));
  expect(readdirSync(path)).toEqual(['a', 'sub']);
  await admin.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/theirs/a`, Body: randomBytes(500) }));
  expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'kept' });
  const content = readFileSync(join(path, 'a'));
  await admin.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/theirs/a`, Body: content }));
  expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'evicted' });
});
