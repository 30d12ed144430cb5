import { existsSync, readFileSync, statSync, utimesSync, writeFileSync, appendFileSync } from 'node:fs';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bringBack, cacheArtifact, deleteArtifacts, freeArtifacts, planFree } from '../../src-main/artifacts/index.ts';
import { listTransactions } from '../../src-main/history/index.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { useS3 } from '../stores/use-s3.ts';
import { bytesAt, openCloudBench, randomBytes, run, type CloudBench } from './open-cloud-bench.ts';

const server = useS3('versitygw');

let bench: CloudBench;
let folders = 0;
let folder = '';
beforeEach(async () => {
  folder = `free-${String(folders++)}`;
  bench = await openCloudBench(`s3://${server().bucket}/${folder}?endpoint_url=${server().endpoint}`, {
    ...server().env,
  });
});
afterEach(async () => {
  await bench.close();
  vi.unstubAllEnvs();
});

const keyOf = (uid: string): string => `${folder}/.lamindb/${uid}.fcs`;
const free = (artifacts: string[] | null) => run(freeArtifacts(bench.context, { artifacts }));
const back = (...artifacts: string[]) => run(bringBack(bench.context, { artifacts }));
const places = (uid: string) =>
  bench.context.registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['storage.type', 'artifact.state'])
    .where('artifact.uid', '=', uid)
    .orderBy('storage.type')
    .execute();
const artifactsIn = async (): Promise<number> =>
  (await bench.context.registry.db.selectFrom('artifact').select('id').execute()).length;
const deleteObject = (uid: string) =>
  server().admin.send(new DeleteObjectCommand({ Bucket: server().bucket, Key: keyOf(uid) }));

describe('freeing space', () => {
  test('a file in place goes where it is named, comes back as it was, and no watcher takes it for missing or new', async () => {
    const content = randomBytes(5000);
    writeFileSync(bench.path('local', 'a.fcs'), content);
    utimesSync(bench.path('local', 'a.fcs'), 1_600_000_000.123_456, 1_600_000_000.123_456);
    await bench.look();
    const { uid } = await bench.context.registry.db.selectFrom('artifact').select('uid').executeTakeFirstOrThrow();
    expect(await free([uid])).toMatchObject({ freed: 0, kept: [{ uid, reason: 'it is only on this computer' }] });
    await bench.uploadInPlace('a.fcs', content);
    utimesSync(bench.path('local', 'a.fcs'), 1_600_000_000.123_456, 1_600_000_000.123_456);
    await bench.look();
    const { mtimeNs } = statSync(bench.path('local', 'a.fcs'), { bigint: true });
    expect(await planFree(bench.context, { artifacts: null })).toEqual({ n_files: 0, size: 0, kept: [] });
    expect(await planFree(bench.context, { artifacts: [uid] })).toEqual({ n_files: 1, size: 5000, kept: [] });
    expect(await free([uid])).toMatchObject({ freed: 5000, items: [{ uid, state: 'ok' }], kept: [] });
    expect(existsSync(bench.path('local', 'a.fcs'))).toBe(false);
    expect(await places(uid)).toEqual([{ type: 's3', state: 'ok' }]);
    await bench.lookTwice();
    expect(await places(uid)).toEqual([{ type: 's3', state: 'ok' }]);
    await back(uid);
    expect(readFileSync(bench.path('local', 'a.fcs'))).toEqual(content);
    expect(statSync(bench.path('local', 'a.fcs'), { bigint: true }).mtimeNs / 1000n).toBe(mtimeNs / 1000n);
    expect(bench.cached()).toEqual([]);
    await bench.lookTwice();
    expect(await places(uid)).toEqual([
      { type: 'local', state: 'ok' },
      { type: 's3', state: 'ok' },
    ]);
    expect(await artifactsIn()).toBe(1);
    expect((await listInbox(bench.context, { limit: 10 })).items).toEqual([]);
    // Edited afterwards, it is the next version of the same family.
    appendFileSync(bench.path('local', 'a.fcs'), 'more');
    await bench.look();
    const uids = await bench.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(uids).toEqual([{ stem_uid: uid.slice(0, 16) }, { stem_uid: uid.slice(0, 16) }]);
    const { items } = await listTransactions(
      {
        registry: bench.context.registry.db,
        workstation: bench.context.workstation.db,
        workstationUid: '',
        fs: bench.context.fs,
      } as never,
      { limit: 20 },
    );
    expect(JSON.stringify(items)).toContain('Space was freed');
  });

  test('what is cached goes with everything; Benchkeep’s own copy comes back to the local storage', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    expect(bench.cached()).toEqual([`${uid}.fcs`]);
    expect(await free(null)).toMatchObject({ freed: 3000, kept: [] });
    expect(bench.cached()).toEqual([]);
    const { items } = await back(uid);
    expect(items[0]?.copies.map(({ path }) => path)).toContain(bench.path('local', '.lamindb', `${uid}.fcs`));
    expect(items[0]?.storage.type).toBe('s3');
    expect((await back(uid)).warnings).toEqual([expect.stringContaining('already')]);
    expect(await free([uid])).toMatchObject({ freed: 3000, kept: [] });
    expect(existsSync(bench.path('local', '.lamindb', `${uid}.fcs`))).toBe(false);
  });

  test('a file in a linked folder never goes', async () => {
    writeFileSync(bench.path('outside', 'x'), '');
    await addStorage(bench.context, { root: bench.path('outside'), managed: false, watch: false });
    const content = randomBytes(1000);
    const uid = await bench.saveOutside('a.fcs', content);
    expect(await free([uid])).toMatchObject({
      freed: 0,
      kept: [{ reason: expect.stringContaining('linked') as string }],
    });
    expect(bytesAt(bench.path('outside', 'a.fcs'))).toEqual(content);
  });

  test('what was edited, or is other content in the cloud, stays, with the reason', async () => {
    const content = randomBytes(1000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    const { admin, bucket } = server();
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(uid), Body: randomBytes(1000) }));
    expect(await free([uid])).toMatchObject({
      freed: 0,
      kept: [{ reason: expect.stringContaining('not the same') as string }],
    });
    await admin.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(uid), Body: content }));
    writeFileSync(bench.path('local', 'a.fcs'), randomBytes(1000));
    expect(await free([uid])).toMatchObject({ freed: 0, kept: [{ uid }] });
    expect(await places(uid)).toHaveLength(2);
    writeFileSync(bench.path('local', 'a.fcs'), content);
    expect(await free([uid])).toMatchObject({ freed: 1000 });
  });

  test('something else at the old place is never replaced', async () => {
    const content = randomBytes(1000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free([uid]);
    writeFileSync(bench.path('local', 'a.fcs'), 'mine');
    await expect(back(uid)).rejects.toMatchObject({ code: 'already_exists' });
    expect(readFileSync(bench.path('local', 'a.fcs'), 'utf8')).toBe('mine');
    expect(await places(uid)).toEqual([{ type: 's3', state: 'ok' }]);
  });
});

describe('F-TR08 two drop copies at once', () => {
  test('F-TR08 another computer drops the cloud copy after the proof: the file here stays, and its record', async () => {
    const content = randomBytes(1000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    const { context } = bench;
    let committed = false;
    const racing = {
      ...context,
      onCommitted: (...words: Parameters<typeof context.onCommitted>) => {
        committed ||= words[0].operation === 'free';
        context.onCommitted(...words);
      },
      stores: {
        ...context.stores,
        async open(...words: Parameters<typeof context.stores.open>) {
          // The registry has forgotten the copy by now; the other one is faster.
          if (committed) await deleteObject(uid);
          return context.stores.open(...words);
        },
      },
    };
    const result = await run(freeArtifacts(racing, { artifacts: [uid] }));
    expect(result).toMatchObject({
      freed: 0,
      kept: [{ uid, reason: expect.stringContaining('there is no') as string }],
    });
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
    expect(await places(uid)).toHaveLength(2);
    await bench.lookTwice();
    expect(await artifactsIn()).toBe(1);
  });

  test('F-TR08 freed while it is deleted for good, which leaves what is in place: the cloud copy stays', async () => {
    const content = randomBytes(1000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    const { context } = bench;
    let freed = false;
    const racing = {
      ...context,
      stores: {
        ...context.stores,
        async open(...words: Parameters<typeof context.stores.open>) {
          // What is to go was decided on by now.
          if (!freed) {
            freed = true;
            await run(freeArtifacts(context, { artifacts: [uid] }));
          }
          return context.stores.open(...words);
        },
      },
    };
    await expect(deleteArtifacts(racing, { artifacts: [uid], storage: null })).rejects.toMatchObject({
      code: 'locked',
      retry: true,
    });
    expect(bytesAt(bench.path('local', 'a.fcs'))).toBe(null);
    expect(await places(uid)).toEqual([{ type: 's3', state: 'ok' }]);
    await back(uid);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
  });

  test('F-TR08 in whatever order files and stores answer, somebody has it', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const content = randomBytes(500);
        const name = `${String(Math.abs(content.readInt32LE()))}.fcs`;
        const uid = await bench.uploadInPlace(name, content);
        const { context } = bench;
        const busy = {
          ...context,
          fs: {
            ...context.fs,
            look: s.scheduleFunction(context.fs.look),
            unlinkProven: s.scheduleFunction(context.fs.unlinkProven),
          },
          stores: { ...context.stores, open: s.scheduleFunction(context.stores.open) },
        };
        const settle = (doing: Promise<unknown>) => doing.catch(() => undefined);
        await s.waitFor(
          Promise.all([
            settle(run(freeArtifacts(busy, { artifacts: [uid] }))),
            settle(run(freeArtifacts(busy, { artifacts: [uid] }))),
            settle(run(cacheArtifact(busy, { artifact: uid }))),
            settle(run(bringBack(busy, { artifacts: [uid] }))),
            settle(s.schedule(Promise.resolve()).then(() => bench.look())),
          ]),
        );
        await bench.restart();
        const named = await places(uid);
        expect(named).toContainEqual({ type: 's3', state: 'ok' });
        expect(named.filter(({ type }) => type === 'local')).toHaveLength(
          existsSync(bench.path('local', name)) ? 1 : 0,
        );
        await bench.lookTwice();
        expect(await places(uid)).toEqual(named);
        await deleteArtifacts(bench.context, { artifacts: [uid], storage: true });
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});
