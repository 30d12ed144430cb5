/** Whole uploads over bad networks, to stores that err, and beside others who write into the same bucket. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { startToxiproxy } from '../stores/start-toxiproxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { cancelTransfers } from '../../src-main/transfers/index.ts';
import { until } from '../watching/open-watching.ts';
import { openCloudLab, type CloudLab, type CloudLabOptions } from './open-cloud-lab.ts';

const server = useS3('versitygw', { needs: ['toxiproxy'] });
const PART = 8 * 1024 ** 2;
let lab: CloudLab;
let proxy: FaultProxy;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

async function open(endpoint = proxy.endpoint, options: CloudLabOptions = {}): Promise<void> {
  lab = await openCloudLab(`s3://${server().bucket}/faults-${String(folders++)}?endpoint_url=${endpoint}`, options);
}

async function kept(size: number, key = 'a.fcs'): Promise<{ uid: string; own: string; bytes: Buffer }> {
  const bytes = randomBytes(size);
  const { uid } = await lab.save(lab.put(key, bytes), { key });
  return { uid, own: join(lab.local, '.lamindb', `${uid}.fcs`), bytes };
}

/** It is in the bucket, recorded, and its copy here went to the cache. */
async function expectUploaded({ uid, own, bytes }: Awaited<ReturnType<typeof kept>>): Promise<void> {
  expect((await lab.object(uid))?.equals(bytes)).toBe(true);
  expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([(await lab.bucket()).root]);
  expect(existsSync(own)).toBe(false);
  expect(readFileSync(join(lab.context.folder, 'cache', `${uid}.fcs`)).equals(bytes)).toBe(true);
}

/** Nothing of it is in the bucket that anybody believes, and its copy here is as it was. */
async function expectKept({ uid, own, bytes }: Awaited<ReturnType<typeof kept>>): Promise<void> {
  expect((await lab.copies(uid)).map(({ root }) => root)).toEqual([lab.local]);
  expect(readFileSync(own).equals(bytes)).toBe(true);
}

describe('over a bad network', () => {
  it('F-UP01 connections that are reset in the middle of parts: the upload comes to its end', async () => {
    const network = await startToxiproxy(server().endpoint);
    try {
      await open(network.endpoint);
      const file = await kept(4 * PART);
      // Each connection ends after a part and a half.
      const toxic = await network.add({
        stream: 'upstream',
        type: 'limit_data',
        attributes: { bytes: Math.round(1.5 * PART) },
      });
      await lab.upload(file.uid);
      await network.remove(toxic);
      await expectUploaded(file);
    } finally {
      await network.stop();
    }
  });

  it('F-UP02 a network that is pulled out and plugged in again: the upload goes on', async () => {
    const network = await startToxiproxy(server().endpoint);
    try {
      await open(network.endpoint);
      const file = await kept(2 * PART);
      let pulled = false;
      lab.before('send', async () => {
        if (pulled) return;
        pulled = true;
        await network.unplug();
        setTimeout(() => void network.plugIn(), 500);
      });
      await lab.upload(file.uid);
      await expectUploaded(file);
    } finally {
      await network.stop();
    }
  });

  it('F-UP04 the answer to the end of an upload is lost: what is there decides', async () => {
    await open();
    const small = await kept(1000);
    proxy.spoil({ kind: 'put' }, 1, 'lose answer');
    await lab.upload(small.uid);
    await expectUploaded(small);
    const bytes = randomBytes(2 * PART);
    const { uid } = await lab.save(lab.put('b.fcs', bytes), { key: 'b.fcs' });
    proxy.spoil({ kind: 'complete' }, 1, 'lose answer');
    await lab.upload(uid);
    await expectUploaded({ uid, own: join(lab.local, '.lamindb', `${uid}.fcs`), bytes });
  });
});

describe('to a store that errs', () => {
  it('F-UP05 it keeps other bytes than were sent: they are removed, the file here stays, and the next try is right', async () => {
    await open();
    const file = await kept(1000);
    proxy.spoil({ kind: 'put' }, 1, 'keep wrong bytes');
    await expect(lab.upload(file.uid)).rejects.toMatchObject({ code: 'wrong_content' });
    await expectKept(file);
    expect(await lab.object(file.uid)).toBe(null);
    await lab.upload(file.uid);
    await expectUploaded(file);
  });

  it('F-UP05 of one of several small ones: what it kept is removed, and that one is sent again', async () => {
    await open();
    const files = [await kept(1000), await kept(2000, 'b.fcs'), await kept(3000, 'c.fcs')];
    const [, wrong] = files;
    if (wrong === undefined) throw new Error('none');
    proxy.spoil({ kind: 'put', url: new RegExp(wrong.uid) }, 1, 'keep wrong bytes');
    await lab.upload(...files.map(({ uid }) => uid));
    for (const file of files) await expectUploaded(file);
    // Not as what somebody else had put there.
    expect((await lab.transfers()).map(({ state, error }) => [state, error])).toEqual(files.map(() => ['done', null]));
  });

  it('who cancels one of several small ones waits for none of the others, though they hang', async () => {
    await open();
    const files = [await kept(1000), await kept(2000, 'b.fcs'), await kept(3000, 'c.fcs')];
    const [, cancelled, slow] = files;
    if (cancelled === undefined || slow === undefined) throw new Error('none');
    proxy.spoil({ kind: 'put', url: /\.fcs/ }, Number.POSITIVE_INFINITY, 'stall');
    const uploading = lab.upload(...files.map(({ uid }) => uid)).catch(() => undefined);
    await until(() => proxy.seen({ kind: 'put', url: /\.fcs/ }).length > 1, 'they are on their way');
    const row = (await lab.transfers()).find(({ artifact_uid: uid }) => uid === cancelled.uid);
    await cancelTransfers(lab.context, { ids: [row?.id ?? 0] });
    await expectKept(cancelled);
    proxy.reset();
    await uploading;
    await lab.goOn();
    for (const file of files) await (file === cancelled ? expectKept(file) : expectUploaded(file));
  });

  it('F-UP12 it makes no checksums: all is read back before anything here moves', async () => {
    await open(proxy.endpoint, { withoutChecksums: true });
    const file = await kept(2 * PART);
    let read = 0;
    lab.after('readRange', (key) => void (read += key.endsWith('.fcs') ? 1 : 0));
    await lab.upload(file.uid);
    expect(read).toBeGreaterThan(1);
    await expectUploaded(file);
  });

  it('F-UP12 and it keeps other bytes: reading them back shows it', async () => {
    await open(proxy.endpoint, { withoutChecksums: true });
    const file = await kept(1000);
    proxy.spoil({ kind: 'put' }, 1, 'keep wrong bytes');
    await expect(lab.upload(file.uid)).rejects.toMatchObject({ code: 'wrong_content' });
    await expectKept(file);
  });
});

describe('beside others', () => {
  it('F-UP09 F-UP16 the same bytes are there already, or come at the same moment: that is the copy', async () => {
    await open();
    const file = await kept(1000);
    const store = await lab.store();
    await store.put(`.lamindb/${file.uid}.fcs`, file.bytes);
    await lab.upload(file.uid);
    await expectUploaded(file);
    const bytes = randomBytes(2 * PART);
    const { uid } = await lab.save(lab.put('b.fcs', bytes), { key: 'b.fcs' });
    lab.before('complete', async (key) => {
      await store.put(key, bytes);
    });
    await lab.upload(uid);
    await expectUploaded({ uid, own: join(lab.local, '.lamindb', `${uid}.fcs`), bytes });
  });

  it('F-UP09 it says that something is there, and nothing is: it is sent again', async () => {
    await open();
    const conflict = { status: 409, code: 'ConditionalRequestConflict' };
    const small = await kept(1000);
    proxy.spoil({ kind: 'put', url: new RegExp(small.uid) }, 1, conflict);
    await lab.upload(small.uid);
    await expectUploaded(small);
    const bytes = randomBytes(2 * PART);
    const { uid } = await lab.save(lab.put('b.fcs', bytes), { key: 'b.fcs' });
    proxy.spoil({ kind: 'complete' }, 1, { status: 409, code: 'OperationAborted' });
    await lab.upload(uid);
    await expectUploaded({ uid, own: join(lab.local, '.lamindb', `${uid}.fcs`), bytes });
  });

  it('F-UP10 other bytes are there: neither is replaced, and it says so', async () => {
    await open();
    const file = await kept(1000);
    const other = Buffer.from('of somebody else');
    await (await lab.store()).put(`.lamindb/${file.uid}.fcs`, other);
    await expect(lab.upload(file.uid)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining(`${file.uid}.fcs`) as string,
    });
    await expectKept(file);
    expect((await lab.object(file.uid))?.equals(other)).toBe(true);
  });
});

const MEMORY = '/dev/shm';
const isOtherDisk = existsSync(MEMORY) && statSync(MEMORY).dev !== statSync(tmpdir()).dev;

it.runIf(isOtherDisk)('F-UP22 a cache on another disk: copied, proven, and only then gone from here', async () => {
  await open(proxy.endpoint, { beside: MEMORY });
  const file = await kept(3_000_000);
  await lab.upload(file.uid);
  await expectUploaded(file);
});

it('F-UP21 a file in place stays as it is; only where a person asked for it does it go to the cache', async () => {
  await open();
  const path = lab.put('local/output.fcs', randomBytes(1000));
  const bytes = readFileSync(path);
  const { uid } = await lab.save(path);
  await lab.upload(uid);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  const freed = lab.put('local/freed.fcs', randomBytes(1000));
  const content = readFileSync(freed);
  const { uid: second } = await lab.save(freed);
  await lab.look();
  await lab.uploadAndFree(second);
  expect(existsSync(freed)).toBe(false);
  expect(readFileSync(join(lab.context.folder, 'cache', `${second}.fcs`)).equals(content)).toBe(true);
  // It is not missing: it is where it was to be.
  await lab.look();
  expect(await lab.artifact(second)).toMatchObject({ state: 'ok', root: (await lab.bucket()).root });
});
