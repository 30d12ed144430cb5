import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { CreateMultipartUploadCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { updateTransfer } from '../../src-main/workstation/transfer-rows.ts';
import { runDoctor } from '../../src-main/instance/index.ts';
import { findOrphanUploads, sweepOrphanUploads } from '../../src-main/transfers/index.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { MIB, openLab, PATIENCE, type Lab } from './open-lab.ts';

const server = useS3('versitygw');
let proxy: FaultProxy;
let lab: Lab;
let folder = '';
let folders = 0;

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  folder = `lab${String(folders++)}`;
  lab = await openLab(`s3://${server().bucket}/${folder}?endpoint_url=${proxy.endpoint}`, server().env);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

const LARGE = 5 * 16 * MIB;

async function unfinished(): Promise<string[]> {
  const { Uploads: uploads = [] } = await server().admin.send(
    new ListMultipartUploadsCommand({ Bucket: server().bucket, Prefix: folder }),
  );
  return uploads.map(({ Key: key }) => key ?? '');
}

async function isInBucket(uid: string): Promise<boolean> {
  const Key = `${folder}/.lamindb/${uid}.fcs`;
  return server()
    .admin.send(new HeadObjectCommand({ Bucket: server().bucket, Key }))
    .then(
      () => true,
      () => false,
    );
}

async function upload(...uids: string[]) {
  return lab.client.transfers.upload({ artifacts: uids });
}

/** Lets one part arrive, then holds up the store, so that something is under way for as long as a test wants. */
async function begunUpload(name: string): Promise<{ uid: string; id: number }> {
  const uid = await lab.save(name, LARGE);
  proxy.spoil({ kind: 'part', partNumber: 2 }, 1, 'stall');
  await upload(uid);
  const { id } = await lab.until(uid, ({ sent }) => sent >= 16 * MIB);
  return { uid, id };
}

test(
  'what is queued is uploaded by itself, with its plan told before, and its local copy moved',
  { timeout: 120_000 },
  async () => {
    const [a, b] = [await lab.save('a.fcs', 1000), await lab.save('b.fcs', 2000)];
    mkdirSync(lab.path('linked'));
    writeFileSync(lab.path('linked/c.fcs'), randomBytes(500));
    await lab.client.storages.add({ root: lab.path('linked'), managed: false });
    writeFileSync(lab.path('local/d.fcs'), randomBytes(600));
    for (const path of ['linked/c.fcs', 'local/d.fcs']) {
      const job = await lab.client.artifacts.save({ paths: [lab.path(path)] });
      while ((await job.next()).done !== true);
    }
    const artifacts = [a, b, 'c.fcs', 'd.fcs'];
    expect(await lab.client.transfers.plan({ artifacts })).toMatchObject({
      n_files: 4,
      size: 4100,
      own: 2,
      in_place: 1,
      linked: 1,
      there: 0,
      refused: [],
    });
    const { items, refused } = await lab.client.transfers.upload({ artifacts });
    expect([items.length, refused]).toEqual([4, []]);
    await vi.waitFor(async () => {
      expect((await lab.client.transfers.list({})).waiting).toBe(0);
    }, PATIENCE);
    expect(await isInBucket(a)).toBe(true);
    expect(existsSync(lab.path('local/.lamindb', `${a}.fcs`))).toBe(false);
    expect([existsSync(lab.path('linked/c.fcs')), existsSync(lab.path('local/d.fcs'))]).toEqual([true, true]);
    expect(await lab.client.transfers.plan({ artifacts })).toMatchObject({ n_files: 0, there: 4 });
    // Again: there is nothing to be done.
    expect((await upload(a)).items).toEqual([]);
    await lab.client.transfers.clear({});
    expect((await lab.client.transfers.list({})).items).toEqual([]);
  },
);

test('paused, it stops at once; resumed, only what is missing is sent', { timeout: 120_000 }, async () => {
  const { uid, id } = await begunUpload('paused.fcs');
  const paused = (await lab.client.transfers.pause({ ids: [id] })).items[0];
  expect(paused).toMatchObject({ paused: true, busy: false, state: 'sending' });
  expect(await unfinished()).toHaveLength(1);
  const before = proxy.seen({ kind: 'part' }).map(({ partNumber }) => partNumber);
  const seen = proxy.seen({ kind: 'part' }).length;
  await lab.client.transfers.resume({ ids: null });
  await lab.until(uid, ({ state }) => state === 'done');
  const after = proxy.seen({ kind: 'part' }).slice(seen);
  expect(before).toContain(1);
  // Those that were on their way may come again; the first had arrived.
  expect(after.map(({ partNumber }) => partNumber)).not.toContain(1);
  expect(await isInBucket(uid)).toBe(true);
});

test(
  'cancelled, its parts are taken away, the file here stays; what is verified is not cancelled',
  { timeout: 120_000 },
  async () => {
    const { uid, id } = await begunUpload('cancelled.fcs');
    await lab.client.transfers.pause({ ids: [id] });
    // A store keeps what comes after it was told to forget the upload; the orphans have that.
    await proxy.settled();
    const { workstation } = lab.engine.context.services().context;
    await updateTransfer(workstation, id, { state: 'verified' });
    await expect(lab.client.transfers.cancel({ ids: [id] })).rejects.toMatchObject({ code: 'refused' });
    await updateTransfer(workstation, id, { state: 'sending' });
    expect((await lab.client.transfers.cancel({ ids: [id] })).items[0]).toMatchObject({
      state: 'cancelled',
      error: null,
    });
    expect(await unfinished()).toEqual([]);
    expect(existsSync(lab.path('local/.lamindb', `${uid}.fcs`))).toBe(true);
    // It can be wanted again.
    await upload(uid);
    await lab.until(uid, ({ state }) => state === 'done');
    await expect(lab.client.transfers.cancel({ ids: [999] })).rejects.toMatchObject({ code: 'not_found' });
  },
);

test('a program that ends in the middle goes on by itself, and sends no part twice', { timeout: 120_000 }, async () => {
  const { uid } = await begunUpload('restarted.fcs');
  const seen = proxy.seen({ kind: 'part' }).length;
  await lab.restart();
  await lab.until(uid, ({ state }) => state === 'done');
  expect(
    proxy
      .seen({ kind: 'part' })
      .slice(seen)
      .map(({ partNumber }) => partNumber),
  ).not.toContain(1);
  expect(await unfinished()).toEqual([]);
});

test('two that upload the same wait for one transfer', { timeout: 120_000 }, async () => {
  const uid = await lab.save('twice.fcs', 1000);
  const run = async (): Promise<string | undefined> => {
    const job = await lab.client.artifacts.upload({ artifacts: [uid] });
    for (;;) {
      const step = await job.next();
      if (step.done === true) return step.value.items[0]?.storage.root;
    }
  };
  const [first, second] = await Promise.all([run(), run()]);
  expect(first).toBe(`s3://${server().bucket}/${folder}`);
  expect(second).toBe(first);
  expect(proxy.seen({ kind: 'put', url: new RegExp(uid) })).toHaveLength(1);
});

test('F-UP03 a busy store is asked again, and the upload comes to its end', { timeout: 120_000 }, async () => {
  const uid = await lab.save('busy.fcs', LARGE);
  proxy.spoil({ kind: 'begin' }, 2, { status: 503, code: 'SlowDown' });
  proxy.spoil({ kind: 'part' }, 2, { status: 500, code: 'InternalError' });
  proxy.spoil({ kind: 'part' }, 1, { status: 429, code: 'TooManyRequests', retryAfter: 1 });
  await upload(uid);
  await lab.until(uid, ({ state }) => state === 'done');
  expect(await isInBucket(uid)).toBe(true);
});

test(
  'F-UP06 access that expires in the middle: it waits and says why, keeps its parts, and goes on',
  { timeout: 120_000 },
  async () => {
    const uid = await lab.save('expired.fcs', LARGE);
    proxy.spoil({ kind: 'part', partNumber: 5 }, 1, { status: 403, code: 'ExpiredToken' });
    await upload(uid);
    const waiting = await lab.until(uid, ({ error, busy }) => error !== null && !busy);
    expect(waiting).toMatchObject({ state: 'sending', attempts: 1, error: { code: 'not_signed_in' } });
    expect(waiting.error?.remedy).toContain('Sign in again');
    expect(Date.parse(waiting.next ?? '')).toBeGreaterThan(Date.now());
    const seen = proxy.seen({ kind: 'part' }).length;
    await lab.client.transfers.retry({ ids: [waiting.id] });
    await lab.until(uid, ({ state }) => state === 'done');
    expect(
      proxy
        .seen({ kind: 'part' })
        .slice(seen)
        .map(({ partNumber }) => partNumber),
    ).not.toContain(1);
  },
);

test(
  'F-UP08 a bucket that is not there any more: uploads wait with the reason, nothing is called gone',
  { timeout: 120_000 },
  async () => {
    const [a, b] = [await lab.save('a.fcs', 1000), await lab.save('b.fcs', 1000)];
    await upload(a);
    await lab.until(a, ({ state }) => state === 'done');
    proxy.spoil({}, 10_000, { status: 404, code: 'NoSuchBucket' });
    await upload(b);
    const waiting = await lab.until(b, ({ error }) => error !== null);
    expect(waiting).toMatchObject({ busy: false, attempts: 1, error: { code: 'bucket_not_found' } });
    for (const uid of [a, b]) expect((await lab.client.artifacts.describe({ artifact: uid })).state).toBe('ok');
    proxy.reset();
    await lab.client.transfers.retry({ ids: null });
    await lab.until(b, ({ state }) => state === 'done');
  },
);

test(
  'an artifact that is deleted ends its upload; a storage is not removed under one',
  { timeout: 120_000 },
  async () => {
    const { uid } = await begunUpload('deleted.fcs');
    const root = `s3://${server().bucket}/${folder}`;
    await lab.client.storages.add({ root: `${root}-other?endpoint_url=${proxy.endpoint}` });
    await lab.client.storages.use({ storage: `${root}-other` });
    await expect(lab.client.storages.remove({ storage: root })).rejects.toMatchObject({ code: 'storage_in_use' });
    await lab.client.artifacts.delete({ artifacts: [uid], storage: null });
    expect(await lab.transfer(uid)).toMatchObject({
      state: 'cancelled',
      error: { message: 'Its artifact was deleted' },
    });
    expect(await unfinished()).toEqual([]);
    await lab.client.storages.remove({ storage: root });
  },
);

test(
  'what arrives in a watched folder is uploaded when its rule says so, and only once',
  { timeout: 120_000 },
  async () => {
    mkdirSync(lab.path('instrument'));
    writeFileSync(lab.path('instrument/before.fcs'), randomBytes(300));
    await lab.client.storages.add({ root: lab.path('instrument'), watch: true, managed: false });
    const storage = lab.path('instrument');
    await lab.client.watching.rule({ storage, settle: 0 });
    const keys = async () => (await lab.client.artifacts.list({ filters: [] })).items.map(({ key }) => key);
    await vi.waitFor(async () => {
      expect(await keys()).toContain('before.fcs');
    }, PATIENCE);
    expect((await lab.client.watching.rule({ storage, upload: true })).rule.upload).toBe(true);
    writeFileSync(lab.path('instrument/run1.fcs'), randomBytes(400));
    const uploaded = async () =>
      (await lab.client.transfers.list({})).items.filter(({ state }) => state === 'done').map(({ name }) => name);
    await vi.waitFor(async () => {
      expect(await uploaded()).toEqual(['run1.fcs']);
    }, PATIENCE);
    // Its next version, too.
    writeFileSync(lab.path('instrument/run1.fcs'), randomBytes(450));
    await vi.waitFor(async () => {
      expect(await uploaded()).toEqual(['run1.fcs', 'run1.fcs']);
    }, PATIENCE);
    await lab.restart();
    writeFileSync(lab.path('instrument/run2.fcs'), randomBytes(410));
    await vi.waitFor(async () => {
      expect((await uploaded()).sort()).toEqual(['run1.fcs', 'run1.fcs', 'run2.fcs']);
    }, PATIENCE);
    expect(existsSync(lab.path('instrument/run1.fcs'))).toBe(true);
    await lab.client.watching.rule({ storage, upload: false });
  },
);

test(
  'F-UP19 uploads that were left behind are taken away after a week; younger ones and those of a transfer stay',
  { timeout: 120_000 },
  async () => {
    const { uid } = await begunUpload('live.fcs');
    await lab.client.transfers.pause({ ids: null });
    const begin = (Key: string) =>
      server().admin.send(new CreateMultipartUploadCommand({ Bucket: server().bucket, Key: `${folder}/${Key}` }));
    await begin('.lamindb/abcdefghijklmnop0000.fcs');
    await begin('.lamindb/somebody-elses.bin');
    await begin('data/abcdefghijklmnop0000.fcs');
    const { context } = lab.engine.context.services();
    expect((await findOrphanUploads(context)).orphans).toEqual([]);
    const later = { ...context, clock: { ...context.clock, now: () => Date.now() + 8 * 24 * 3600_000 } };
    const { orphans } = await findOrphanUploads(later);
    const address = `s3://${server().bucket}/${folder}/.lamindb/abcdefghijklmnop0000.fcs`;
    expect(orphans.map((one) => one.address)).toEqual([address]);
    const { checks } = await runDoctor(lab.engine.context.workbench, {
      folder: context.folder,
      uid: context.instanceUid,
      open: later,
      work: lab.engine.context.services().registryWork,
      selftest: null,
      onCheck: () => undefined,
    });
    expect(checks.find(({ name }) => name === 'unfinished uploads')).toMatchObject({
      ok: false,
      message: expect.stringContaining(address) as string,
    });
    expect(await sweepOrphanUploads(later)).toBe(1);
    const stay = [`.lamindb/${uid}.fcs`, '.lamindb/somebody-elses.bin', 'data/abcdefghijklmnop0000.fcs'];
    expect((await unfinished()).sort()).toEqual(stay.map((key) => `${folder}/${key}`).sort());
  },
);
