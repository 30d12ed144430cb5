/** Who does not want to see the contents of a storage any more leaves nobody listing it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openLab, PATIENCE, type Lab } from '../transfers/open-lab.ts';

const server = useS3('versitygw');
let proxy: FaultProxy;
let lab: Lab;
let root = '';

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  root = `s3://${server().bucket}/tree`;
  lab = await openLab(`${root}?endpoint_url=${proxy.endpoint}`, server().env, { working: false });
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

test('storage tree ends when its caller leaves', async () => {
  expect((await lab.client.storages.tree({ storage: root })).n_files).toBeGreaterThan(0);
  proxy.reset();
  const lists = { method: 'GET', url: /list-type=2/ };
  proxy.spoil(lists, 1, { status: 503, code: 'SlowDown', retryAfter: 3 });
  const leaving = new AbortController();
  const reading = lab.client.storages.tree({ storage: root }, { signal: leaving.signal });
  await vi.waitFor(() => {
    expect(proxy.seen(lists)).toHaveLength(1);
  }, PATIENCE);
  leaving.abort();
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  expect(proxy.seen(lists)).toHaveLength(1);
});
