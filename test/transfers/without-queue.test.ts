/** Downloads, and saves into a bucket: they are on the list as they are, though no queue works on them. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { cacheArtifact, saveArtifacts } from '../../src-main/artifacts/index.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import {
  cancelTransfers,
  evictCached,
  firstTransfers,
  listTransfers,
  pauseTransfers,
  retryTransfers,
} from '../../src-main/transfers/index.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudBench, randomBytes, run, type CloudBench } from './open-cloud-bench.ts';

const server = useS3('versitygw');
const MIB = 1024 ** 2;
const OBJECT = { method: 'GET', url: /\.lamindb\/\w{20}\./ } as const;
const NOTHING = { pause: false, resume: false, retry: false, first: false, cancel: false };

let proxy: FaultProxy;
let bench: CloudBench;
let folders = 0;
beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
  const root = `s3://${server().bucket}/without-${String(folders++)}?endpoint_url=${proxy.endpoint}`;
  bench = await openCloudBench(root, { ...server().env });
});
afterEach(async () => {
  await bench.close();
  await proxy.stop();
  vi.unstubAllEnvs();
});

const list = () => listTransfers(bench.context, { over: 0, most: 100 });
async function until(wanted: (item: TransferRecord) => boolean): Promise<TransferRecord> {
  return vi.waitFor(
    async () => {
      const found = (await list()).items.find(wanted);
      if (found === undefined) throw new Error('not yet');
      return found;
    },
    { timeout: 20_000 },
  );
}
const stateOf = async (id: number) =>
  (await listTransfers(bench.context, { over: 0, most: 0, ids: [id] })).items[0]?.state;

/** In the cloud only. */
async function uploaded(size: number): Promise<string> {
  const uid = await bench.saveOutside('a.fcs', randomBytes(size));
  expect((await evictCached(bench.context, uid, new AbortController().signal)).kind).toBe('evicted');
  return uid;
}

test(
  'a download is seen moving, is neither paused nor put first, and stops when it is cancelled',
  { timeout: 60_000 },
  async () => {
    const uid = await uploaded(40 * MIB);
    proxy.spoil(OBJECT, 1, 'stall');
    const coming = run(cacheArtifact(bench.context, { artifact: uid }));
    coming.catch(() => undefined);
    const item = await until(({ sent }) => sent === 32 * MIB);
    expect(item).toMatchObject({ direction: 'download', busy: true, left: false, can: { ...NOTHING, cancel: true } });
    const ids = [item.id];
    for (const deed of [pauseTransfers, retryTransfers, firstTransfers])
      await expect(deed(bench.context, { ids })).rejects.toMatchObject({ code: 'refused' });
    // Of all, those that can be paused are: none.
    expect((await pauseTransfers(bench.context, { ids: null })).items).toMatchObject([{ busy: true, paused: false }]);
    await cancelTransfers(bench.context, { ids });
    await expect(coming).rejects.toMatchObject({ code: 'cancelled' });
    expect(await stateOf(item.id)).toBe('cancelled');
    expect(bench.cached()).toEqual([]);
  },
);

test('a download that failed waits for somebody who asks again, and can be taken off the list', async () => {
  const uid = await uploaded(1000);
  proxy.spoil(OBJECT, 1, { status: 403, code: 'AccessDenied' });
  await expect(run(cacheArtifact(bench.context, { artifact: uid }))).rejects.toMatchObject({ code: 'not_allowed' });
  const { items, waiting } = await list();
  expect(items).toMatchObject([{ left: true, busy: false, can: { ...NOTHING, cancel: true } }]);
  expect(items[0]?.error?.code).toBe('not_allowed');
  expect(waiting).toBe(0);
  const ids = items.map(({ id }) => id);
  await expect(retryTransfers(bench.context, { ids })).rejects.toMatchObject({ code: 'refused' });
  expect((await cancelTransfers(bench.context, { ids })).items).toMatchObject([{ state: 'cancelled', error: null }]);
  await run(cacheArtifact(bench.context, { artifact: uid }));
  expect(bench.cached()).toHaveLength(1);
});

test(
  'a save into the bucket is seen moving and is left to whoever saves; broken off, it can be ended',
  { timeout: 60_000 },
  async () => {
    await setSettings(bench.context, { keep_artifacts_local: false });
    writeFileSync(bench.path('outside', 'b.fcs'), randomBytes(40 * MIB));
    proxy.spoil({ kind: 'part', partNumber: 2 }, 1, 'stall');
    const stop = new AbortController();
    const input = { paths: [bench.path('outside', 'b.fcs')], key: 'b.fcs', labels: [], new: false };
    const saving = run(saveArtifacts(bench.context, input, stop.signal));
    saving.catch(() => undefined);
    const item = await until(({ sent }) => sent >= 16 * MIB);
    expect(item).toMatchObject({ direction: 'upload', busy: true, left: false, can: NOTHING });
    const ids = [item.id];
    await expect(cancelTransfers(bench.context, { ids })).rejects.toMatchObject({ code: 'refused' });
    await expect(pauseTransfers(bench.context, { ids })).rejects.toMatchObject({ code: 'refused' });
    stop.abort();
    await expect(saving).rejects.toBeDefined();
    expect(await list()).toMatchObject({
      waiting: 0,
      items: [{ left: true, busy: false, can: { ...NOTHING, cancel: true } }],
    });
    expect((await cancelTransfers(bench.context, { ids })).items).toMatchObject([{ state: 'cancelled' }]);
  },
);
