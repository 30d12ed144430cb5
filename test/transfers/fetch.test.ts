import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, writeFileSync, openSync, closeSync, readFileSync } from 'node:fs';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheArtifact, deleteArtifacts, saveArtifacts, verify } from '../../src-main/artifacts/index.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import { evictCached, evictOverLimit, keepCache, listTransfers, noteUsed } from '../../src-main/transfers/index.ts';
import { markCloudCopy } from '../../src-main/transfers/mark-cloud-copy.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { bytesAt, openCloudBench, randomBytes, run, sha256, type CloudBench } from './open-cloud-bench.ts';

const server = useS3('versitygw');
const MIB = 1024 ** 2;
const { signal } = new AbortController();
/** A bound for what hangs. */
const PATIENCE = { timeout: 20_000, interval: 20 };

let proxy: FaultProxy;
let bench: CloudBench;
let folders = 0;
let folder = '';
beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
  folder = `fetch-${String(folders++)}`;
  const root = `s3://${server().bucket}/${folder}?endpoint_url=${proxy.endpoint}`;
  bench = await openCloudBench(root, { ...server().env });
});
afterEach(async () => {
  await bench.close();
  await proxy.stop();
  vi.unstubAllEnvs();
});

const gets = (): number => proxy.seen({ method: 'GET', url: /\.lamindb\/\w{20}\./ }).length;
const keyOf = (uid: string): string => `${folder}/.lamindb/${uid}.fcs`;
const cache = async (uid: string): Promise<Buffer> =>
  readFileSync((await run(cacheArtifact(bench.context, { artifact: uid }))).path);
const stateOf = (uid: string) =>
  bench.context.registry.db.selectFrom('artifact').select(['state', 'state_reason']).where('uid', '=', uid).execute();

/** In the cloud only. */
async function uploaded(size: number, name = 'a.fcs'): Promise<{ uid: string; content: Buffer }> {
  const content = randomBytes(size);
  const uid = await bench.saveOutside(name, content);
  expect((await evictCached(bench.context, uid, signal)).kind).toBe('evicted');
  proxy.reset();
  return { uid, content };
}

describe('a download', () => {
  test(
    'F-CA01 that is stopped goes on with the ranges that came; what is not whole has no name',
    { timeout: 60_000 },
    async () => {
      const { uid, content } = await uploaded(60 * MIB);
      const job = cacheArtifact(bench.context, { artifact: uid });
      for (let step = await job.next(); step.done !== true && step.value.bytes < 24 * MIB;) step = await job.next();
      await job.return({ path: '' });
      expect(bench.cached()).toEqual([expect.stringMatching(/^\.benchkeep-\d+-\w+\.part$/)]);
      const before = gets();
      await bench.restart();
      expect(sha256(await cache(uid))).toBe(sha256(content));
      expect(gets()).toBeLessThan(before + 8);
      expect(bench.cached()).toEqual([`${uid}.fcs`]);
      const rows = await bench.context.workstation.db
        .selectFrom('transfer')
        .select('state')
        .where('direction', '=', 'download')
        .execute();
      expect(rows).toEqual([{ state: 'done' }]);
    },
  );

  test('goes on by itself after cuts, stalls and 503s', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(40 * MIB);
    proxy.spoil({ method: 'GET' }, 2, 'cut answer');
    proxy.spoil({ method: 'GET' }, 3, { status: 503, code: 'SlowDown' });
    expect(sha256(await cache(uid))).toBe(sha256(content));
  });

  test('several who ask at once share one', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(30 * MIB);
    const came = await Promise.all([cache(uid), cache(uid), cache(uid)]);
    expect(came.map(sha256)).toEqual([0, 1, 2].map(() => sha256(content)));
    expect(gets()).toBe(4);
    // And what is here is not fetched again.
    await cache(uid);
    expect(gets()).toBe(4);
  });

  test('who stops waiting stops nobody else', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(30 * MIB);
    const first = cacheArtifact(bench.context, { artifact: uid });
    await first.next();
    const second = cache(uid);
    await first.return({ path: '' });
    expect(sha256(await second)).toBe(sha256(content));
  });

  test('F-CA02 an object that is replaced between ranges is begun anew', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(40 * MIB);
    const job = cacheArtifact(bench.context, { artifact: uid });
    for (let step = await job.next(); step.done !== true && step.value.bytes < 16 * MIB;) step = await job.next();
    await job.return({ path: '' });
    // The same bytes as another object: its ETag is another one.
    const { admin, bucket } = server();
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(uid), Body: content }));
    proxy.reset();
    expect(sha256(await cache(uid))).toBe(sha256(content));
    expect(gets()).toBe(5);
  });

  test(
    'F-CA03 wrong bytes are thrown away, three times; then the copy in the cloud counts no more, until it is right',
    { timeout: 60_000 },
    async () => {
      const { uid, content } = await uploaded(3 * MIB);
      proxy.spoil({ method: 'GET', url: /\.lamindb\/\w{20}\./ }, 3, 'flip answer');
      await expect(cache(uid)).rejects.toMatchObject({ code: 'wrong_content' });
      expect(gets()).toBe(3);
      expect(bench.cached()).toEqual([]);
      expect(await stateOf(uid)).toEqual([{ state: 'missing', state_reason: 'cloud-mismatch' }]);
      const { items } = await listInbox(bench.context, { limit: 10 });
      expect(items).toMatchObject([{ state: 'failed', reason: expect.stringContaining(uid) as string }]);
      // Once or twice is nothing to be told of.
      proxy.spoil({ method: 'GET', url: /\.lamindb\/\w{20}\./ }, 2, 'flip answer');
      expect(sha256(await cache(uid))).toBe(sha256(content));
      expect(await stateOf(uid)).toEqual([{ state: 'ok', state_reason: null }]);
      expect((await listInbox(bench.context, { limit: 10 })).items).toEqual([]);
      expect((await run(verify(bench.context, { artifacts: [uid], all: false, registry: false }))).failed).toEqual([]);
    },
  );

  test('what keeps it from being begun is its reason on the list, too', async () => {
    const { uid, content } = await uploaded(1000);
    const root = `s3://${server().bucket}/${folder}`;
    // As the app kept it, of whose keychain nobody here knows.
    const kept = { root, endpoint: proxy.endpoint, kind: 'keys', profile: null, sealed: 'x', created_at: '' } as const;
    await bench.context.workstation.db.insertInto('credential').values(kept).execute();
    await bench.restart();
    await expect(cache(uid)).rejects.toMatchObject({ code: 'not_signed_in' });
    const list = async () => (await listTransfers(bench.context, { over: 0, most: 10 })).items;
    expect(await list()).toMatchObject([{ uid, direction: 'download', left: true, error: { code: 'not_signed_in' } }]);
    await bench.context.workstation.db.deleteFrom('credential').execute();
    await bench.restart();
    expect(await cache(uid)).toEqual(content);
    expect(await list()).toEqual([]);
  });

  test('an object that is gone is said to be gone', async () => {
    const { uid } = await uploaded(1000);
    await server().admin.send(new DeleteObjectCommand({ Bucket: server().bucket, Key: keyOf(uid) }));
    await expect(cache(uid)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await stateOf(uid)).toEqual([{ state: 'missing', state_reason: 'cloud-gone' }]);
  });

  test('deleted while it was fetched, it is nothing to be told of', async () => {
    const { uid } = await uploaded(1000);
    const { db } = bench.context.registry;
    const artifact = await db.selectFrom('artifact').selectAll().executeTakeFirstOrThrow();
    const copy = await db.selectFrom('copy').selectAll().executeTakeFirstOrThrow();
    const storage = await db
      .selectFrom('storage')
      .selectAll()
      .where('id', '=', copy.storage_id)
      .executeTakeFirstOrThrow();
    await deleteArtifacts(bench.context, { artifacts: [uid], storage: true });
    await markCloudCopy(bench.context, artifact, { copy, storage }, 'cloud-gone');
    expect((await listInbox(bench.context, { limit: 10 })).items).toEqual([]);
  });

  test('parts that nobody asks for again are swept', async () => {
    const { uid } = await uploaded(40 * MIB);
    const job = cacheArtifact(bench.context, { artifact: uid });
    for (let step = await job.next(); step.done !== true && step.value.bytes < 16 * MIB;) step = await job.next();
    await job.return({ path: '' });
    writeFileSync(`${bench.path('home')}/x`, '');
    await bench.restart();
    expect(bench.cached()).toHaveLength(1);
    bench.jump(8 * 86_400_000);
    await bench.restart();
    expect(bench.cached()).toEqual([]);
  });
});

describe('a disk that is nearly full', () => {
  /** The disk has so many bytes left from now on. */
  const left = (bytes: () => number): void => {
    bench.context.fs = { ...bench.context.fs, freeSpace: () => Promise.resolve(bytes()) };
  };

  test('goes on with what came, for which there is room', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(60 * MIB);
    const job = cacheArtifact(bench.context, { artifact: uid });
    for (let step = await job.next(); step.done !== true && step.value.bytes < 40 * MIB;) step = await job.next();
    await job.return({ path: '' });
    left(() => 40 * MIB);
    expect(sha256(await cache(uid))).toBe(sha256(content));
  });

  test('what can be fetched again makes room for what is wanted', { timeout: 60_000 }, async () => {
    const { uid, content } = await uploaded(3 * MIB);
    const other = await bench.saveOutside('other.fcs', randomBytes(2 * MIB));
    left(() => (bench.cacheOf(other) === null ? 10 * MIB : MIB));
    expect(sha256(await cache(uid))).toBe(sha256(content));
    expect(bench.cached()).toEqual([`${uid}.fcs`]);
    left(() => 100 * MIB);
    const { uid: last } = await uploaded(3 * MIB, 'last.fcs');
    left(() => MIB);
    await expect(cache(last)).rejects.toMatchObject({ code: 'disk_full' });
  });
});

describe('the cache', () => {
  test('F-CA04 an edited file is put aside and told, and the content fetched anew; touched only, it is used', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    const path = bench.cacheOf(uid) ?? '';
    writeFileSync(path, content);
    proxy.reset();
    expect(await cache(uid)).toEqual(content);
    expect(gets()).toBe(0);
    appendFileSync(path, 'a note');
    expect(await cache(uid)).toEqual(content);
    expect(gets()).toBe(1);
    expect(bench.cached()).toContain(`edited-1-${uid}.fcs`);
    const { items } = await listInbox(bench.context, { limit: 10 });
    expect(items[0]?.reason).toContain(`--revises ${uid}`);
    // And eviction takes none of it.
    appendFileSync(path, 'another');
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(bench.cached().sort()).toEqual([`edited-1-${uid}.fcs`, `edited-2-${uid}.fcs`]);
  });

  test('F-CA04 edited in the moment after it was read, it is not taken for the content', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    const path = bench.cacheOf(uid) ?? '';
    const { context } = bench;
    const racing = {
      ...context,
      hasher: {
        ...context.hasher,
        async hashFiles(...words: Parameters<typeof context.hasher.hashFiles>) {
          const outcomes = await context.hasher.hashFiles(...words);
          writeFileSync(path, randomBytes(5000));
          return outcomes;
        },
      },
    };
    writeFileSync(path, content);
    await run(cacheArtifact(racing, { artifact: uid }));
    expect(await cache(uid)).toEqual(content);
    await bench.context.workstation.db.deleteFrom('cached').execute();
    const kept = keepCache(racing, true);
    const rows = () => bench.context.workstation.db.selectFrom('cached').select('artifact_uid').execute();
    await vi.waitFor(async () => expect(await rows()).toHaveLength(1), PATIENCE);
    await kept.close();
    expect(await cache(uid)).toEqual(content);
  });

  test('F-CA04 each edit is told for itself, whatever else is told of it, until it is saved', async () => {
    const { uid } = await uploaded(5000);
    const edited = async () =>
      (await listInbox(bench.context, { limit: 10 })).items.filter(({ reason }) => reason.includes('--revises'));
    const edit = async (work: string): Promise<void> => {
      await cache(uid);
      appendFileSync(bench.cacheOf(uid) ?? '', work);
    };
    await edit('a note');
    await edit('another');
    // Nobody proved its copy in the cloud since, and it is told of that one, too.
    await bench.context.registry.db.updateTable('copy').set({ verified_at: null }).execute();
    await cache(uid);
    const asides = [1, 2].map((n) => expect.stringContaining(`cache/edited-${String(n)}-${uid}.fcs`) as string);
    expect(await edited()).toMatchObject([
      { path: asides[0], can: ['ignore'] },
      { path: asides[1], can: ['ignore'] },
    ]);
    const path = (await edited())[0]?.path ?? '';
    const input = { paths: [path], labels: [], new: false, revises: uid };
    await run(saveArtifacts(bench.context, input));
    const kept = keepCache(bench.context, true);
    await vi.waitFor(async () => expect(await edited()).toMatchObject([{ path: asides[1] }]), PATIENCE);
    await kept.close();
  });

  test('F-CA04 what a program that died put aside untold is told at the next start; what is gone is told no more', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    const path = bench.cacheOf(uid) ?? '';
    appendFileSync(path, 'a note');
    const { context } = bench;
    const moveProven = () => Promise.reject(new Error('the program died'));
    const dying = { ...context, fs: { ...context.fs, moveProven }, workstation: context.workstation };
    await expect(run(cacheArtifact(dying, { artifact: uid }))).rejects.toThrow('died');
    renameSync(path, path.replace(uid, `edited-3-${uid}`));
    writeFileSync(path.replace(uid, `edited-4-${uid}`), content);
    const told = async () => (await listInbox(bench.context, { limit: 10 })).items.map((item) => item.path);
    const first = keepCache(bench.context, true);
    const entry = expect.stringContaining(`edited-3-${uid}.fcs`) as string;
    await vi.waitFor(async () => expect(await told()).toEqual([entry]), PATIENCE);
    await first.close();
    rmSync(path.replace(uid, `edited-3-${uid}`));
    const second = keepCache(bench.context, true);
    await vi.waitFor(async () => expect(await told()).toEqual([]), PATIENCE);
    await second.close();
  });

  test('F-CA05 what is open, or not proven to be elsewhere, is not evicted', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    const path = bench.cacheOf(uid) ?? '';
    const handle = openSync(path, 'r');
    const other = spawn('sleep', ['60'], { stdio: [handle, 'ignore', 'ignore'] });
    closeSync(handle);
    await once(other, 'spawn');
    expect(await evictCached(bench.context, uid, signal)).toEqual({ kind: 'kept', reason: 'a program has it open' });
    other.kill();
    await once(other, 'close');
    const { admin, bucket } = server();
    // Replaced by as many other bytes, taken away, not to be asked: no proof.
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(uid), Body: randomBytes(5000) }));
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({
      kind: 'kept',
      reason: expect.stringContaining('not the same') as string,
    });
    await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(uid) }));
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(bytesAt(path)).toEqual(content);
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(uid), Body: content }));
    await bench.context.registry.db.updateTable('copy').set({ verified_at: null }).execute();
    expect(await evictCached(bench.context, uid, signal)).toEqual({
      kind: 'kept',
      reason: 'it is only on this computer',
    });
    expect(bytesAt(path)).toEqual(content);
  });

  test('F-CA05 an object that goes between the proof and the end keeps the file here', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    let heads = 0;
    const { context } = bench;
    const racing = {
      ...context,
      fs: {
        ...context.fs,
        async openFile(...words: Parameters<typeof context.fs.openFile>) {
          if (heads++ === 0)
            await server().admin.send(new DeleteObjectCommand({ Bucket: server().bucket, Key: keyOf(uid) }));
          return context.fs.openFile(...words);
        },
      },
    };
    expect(await evictCached(racing, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(bytesAt(bench.cacheOf(uid) ?? '')).toEqual(content);
  });

  test('F-CA06 emptied by hand, it is fetched again', async () => {
    const { uid, content } = await uploaded(5000);
    await cache(uid);
    rmSync(bench.cacheOf(uid) ?? '');
    expect(await evictCached(bench.context, uid, signal)).toEqual({ kind: 'not cached' });
    expect(await cache(uid)).toEqual(content);
    const whole = `${bench.cacheOf(uid) ?? ''}/..`;
    rmSync(whole.slice(0, whole.indexOf(uid)), { recursive: true });
    expect(await cache(uid)).toEqual(content);
    expect((await listInbox(bench.context, { limit: 10 })).items).toEqual([]);
  });

  test('keeps to its limit: what was not used longest goes first, what came just now stays', async () => {
    const uids: string[] = [];
    for (const name of ['a.fcs', 'b.fcs', 'c.fcs']) {
      uids.push(await bench.saveOutside(name, randomBytes(1000)));
      bench.jump(60_000);
    }
    const [a = '', b = '', c = ''] = uids;
    bench.jump(3_600_000);
    await noteUsed(bench.context, a);
    await setSettings(bench.context, { cache_limit: 2000 });
    expect(await evictOverLimit(bench.context, { signal })).toBe(1000);
    expect(bench.cached().sort()).toEqual([`${a}.fcs`, `${c}.fcs`].sort());
    // Larger than all of the limit: it stays until the next look.
    await setSettings(bench.context, { cache_limit: 500 });
    await cache(b);
    // Whoever wanted it was not kept waiting for that.
    await vi.waitFor(() => expect(bench.cached()).toEqual([`${b}.fcs`]), { timeout: 60_000 });
    const kept = keepCache(bench.context, true);
    await vi.waitFor(() => expect(bench.cached()).toEqual([]), { timeout: 60_000 });
    await kept.close();
  });

  test('is known again after the workstation forgot it', async () => {
    const { uid } = await uploaded(5000);
    await cache(uid);
    await bench.context.workstation.db.deleteFrom('cached').execute();
    const kept = keepCache(bench.context, true);
    const rows = () => bench.context.workstation.db.selectFrom('cached').select('artifact_uid').execute();
    await vi.waitFor(async () => expect(await rows()).toEqual([{ artifact_uid: uid }]));
    await kept.close();
  });
});
