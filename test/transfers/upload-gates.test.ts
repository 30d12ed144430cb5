/** The limit of bandwidth and the hours of the day, as a real store sees them: which requests came, and in which order. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { MIB, openLab, PATIENCE, type Lab } from './open-lab.ts';

const server = useS3('versitygw');
const PART = 8 * MIB;
/** Bytes a second: a part is paid for in four hours. */
const CRAWL = 1024;
let folders = 0;
let proxy: FaultProxy;
let lab: Lab;

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  const root = `s3://${server().bucket}/gates-${String(folders++)}?endpoint_url=${proxy.endpoint}`;
  lab = await openLab(root, server().env);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

const parts = (): number[] => proxy.seen({ kind: 'part' }).map(({ partNumber }) => partNumber ?? 0);
const puts = (): number => proxy.seen({ kind: 'put', url: /\.lamindb\/[A-Za-z0-9]{20}\.fcs/ }).length;

/** "HH:MM", so many hours from now. */
function hour(fromNow: number): string {
  const at = new Date(Date.now() + fromNow * 3600_000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

test(
  'a part goes at full speed and all others, of whichever file, wait until it is paid for',
  { timeout: 120_000 },
  async () => {
    const large = await lab.save('large.fcs', 3 * PART);
    const small = await lab.save('small.fcs', 1000);
    await lab.client.settings.set({ upload_bandwidth: CRAWL });
    await lab.client.transfers.upload({ artifacts: [large] });
    // Without the limit the others would have been sent beside it.
    await lab.until(large, ({ sent }) => sent === PART);
    await lab.client.transfers.upload({ artifacts: [small] });
    await lab.until(small, ({ busy }) => busy);
    expect(parts()).toHaveLength(1);
    expect(puts()).toBe(0);
    // It counts at once, also for what waits.
    await lab.client.settings.set({ upload_bandwidth: null });
    await Promise.all([large, small].map((uid) => lab.until(uid, ({ state }) => state === 'done')));
    expect(parts().sort()).toEqual([1, 2, 3]);
    expect(puts()).toBe(1);
  },
);

test('what somebody waits for is paid for, too', { timeout: 120_000 }, async () => {
  const [first, second] = [await lab.save('a.fcs', MIB), await lab.save('b.fcs', MIB)];
  await lab.client.settings.set({ upload_bandwidth: CRAWL });
  const waiting = finish(first, second);
  await vi.waitFor(() => {
    expect(puts()).toBe(1);
  }, PATIENCE);
  const done = (): Promise<number> => doneOf(first, second);
  await vi.waitFor(async () => {
    expect(await done()).toBe(1);
  }, PATIENCE);
  expect(puts()).toBe(1);
  await lab.client.settings.set({ upload_bandwidth: null });
  await waiting;
  expect(await done()).toBe(2);
});

test('small ones that go together are paid for one after the other', { timeout: 120_000 }, async () => {
  const uids: string[] = [];
  // The first teaches how the store is reached.
  for (let n = 0; n < 7; n++) uids.push(await lab.save(`${String(n)}.fcs`, 200_000 + n));
  const [known = '', ...small] = uids;
  await finish(known);
  proxy.reset();
  await lab.client.settings.set({ upload_bandwidth: CRAWL });
  await lab.client.transfers.upload({ artifacts: small });
  // What would have gone beside it has gone by the time at which the store was asked for the first.
  await vi.waitFor(() => {
    expect(proxy.seen({ kind: 'stat', url: /\.lamindb\/[A-Za-z0-9]{20}\.fcs/ })).toHaveLength(1);
  }, PATIENCE);
  expect(puts()).toBe(1);
  await lab.client.settings.set({ upload_bandwidth: null });
  await Promise.all(small.map((uid) => lab.until(uid, ({ state }) => state === 'done')));
  expect(puts()).toBe(6);
});

test(
  'outside the hours nothing is sent, also not what is resumed or put first; who waits is served',
  { timeout: 120_000 },
  async () => {
    const [a, b] = [await lab.save('a.fcs', 1000), await lab.save('b.fcs', 1000)];
    const hours = { from: hour(2), to: hour(4) };
    await lab.client.settings.set({ upload_hours: hours });
    const { items } = await lab.client.transfers.upload({ artifacts: [a, b] });
    const ids = items.map(({ id }) => id);
    await lab.client.transfers.pause({ ids });
    await lab.client.transfers.resume({ ids });
    await lab.client.transfers.first({ ids: ids.slice(1) });
    // It is served past those that are before it in the queue.
    await finish(a);
    expect(puts()).toBe(1);
    const record = await lab.transfer(b);
    expect(record).toMatchObject({ state: 'planned', busy: false });
    expect(record.waits_for).toBe(`Uploads run between ${hours.from} and ${hours.to}`);
    await lab.client.settings.set({ upload_hours: { from: hour(-1), to: hour(1) } });
    await lab.until(b, ({ state }) => state === 'done');
    expect(puts()).toBe(2);
  },
);

/** As `upload` of the command line: it waits for the end. */
async function finish(...uids: string[]): Promise<void> {
  const job = await lab.client.artifacts.upload({ artifacts: uids });
  while ((await job.next()).done !== true);
}

async function doneOf(...uids: string[]): Promise<number> {
  const records = await Promise.all(uids.map((uid) => lab.transfer(uid)));
  return records.filter(({ state }) => state === 'done').length;
}
