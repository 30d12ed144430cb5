/** `storages.test`: of whatever is wrong with a bucket the first step that fails is told, and nothing stays there. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StorageTest } from '../../shared/contract/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import { openStores, testStorage, type TestStorageContext } from '../../src-main/storage/index.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { certificatesMissing, makeCertificates, startTlsFront } from '../stores/own-certificates.ts';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { allOf } from './objects/content.ts';

const ALL = ['name', 'endpoint', 'clock', 'sign-in', 'region', 'list', 'put', 'delete'];
const clock = systemClock;
const base = (): TestStorageContext => ({
  stores: openStores(),
  open: null,
  fs: nodeFs(systemRandom),
  clock,
  random: systemRandom,
  access: { patience: { attempts: 2, firstPause: 1, longestPause: 1, connect: 2_000, silence: 5_000 } },
});

async function steps(root: string, { managed = true, context = base() } = {}): Promise<StorageTest[]> {
  const { items } = await testStorage(context, { root, managed });
  for (const { ok, message, remedy } of items) {
    expect(message).toMatch(/[.]$/);
    if (!ok) expect(remedy).not.toBe(null);
    expect(`${message}${remedy ?? ''}`).not.toMatch(/canary|Signature=|AWS4-HMAC/);
  }
  // What comes after a step that failed is left out, and all before it went well.
  const failed = items.findIndex(({ ok }) => !ok);
  if (failed >= 0) expect(failed).toBe(items.length - 1);
  expect(items.map(({ step }) => step)).toEqual(ALL.slice(0, items.length));
  return items;
}

/** The step that failed. */
async function failure(root: string, options?: Parameters<typeof steps>[1]): Promise<StorageTest | undefined> {
  const last = (await steps(root, options)).at(-1);
  expect(last).toMatchObject({ ok: false });
  return last;
}

describe('names', () => {
  test.each([
    ['/data/plates', 'no address of a bucket'],
    ['s3://Plates', 'no name of a bucket'],
    ['s3://plates_lab', 'underscores'],
    ['s3://192.168.1.1', 'looks like an address'],
    ['s3://a..b', 'points'],
    [`s3://${'a'.repeat(64)}`, '3 to 63'],
    ['s3://xn--plates', 'beginning or end'],
    ['gs://goog-plates', 'Google'],
    ['s3://plates?endpoint_url=ftp://store.example.org', 'no web address'],
    ['s3://plates?acl=public', 'no option'],
  ])('%s fails at its name', async (root, why) => {
    expect(await failure(root)).toMatchObject({ step: 'name', message: expect.stringContaining(why) as string });
  });
});

for (const name of ['versitygw', 'minio'] as const) {
  describe(`a bucket on ${name}`, { timeout: 60_000 }, () => {
    const server = useS3(name, { versioned: true });
    let proxy: FaultProxy;
    beforeEach(async () => {
      proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
      for (const [key, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(key, value);
    });
    afterEach(() => proxy.stop());
    const root = (options = '', endpoint = proxy.endpoint): string =>
      `s3://${server().bucket}/lab?endpoint_url=${endpoint}${options}`;

    async function expectNothingLeft(): Promise<void> {
      const store = await openS3At(root('', server().endpoint), server().env);
      expect(await allOf(store.list(''))).toEqual([]);
      store.close();
      const versions = await server().admin.send(new ListObjectVersionsCommand({ Bucket: server().bucket }));
      expect([...(versions.Versions ?? []), ...(versions.DeleteMarkers ?? [])]).toEqual([]);
    }

    test('that is right passes each step, and keeps no version and no mark of it', async () => {
      const items = await steps(root());
      expect(items.map(({ step, ok, remedy }) => [step, ok, remedy])).toEqual(ALL.map((step) => [step, true, null]));
      expect(items.map(({ message }) => message).join(' ')).toContain('us-east-1');
      expect(items.find(({ step }) => step === 'sign-in')?.message).toContain('AWS_ACCESS_KEY_ID');
      await expectNothingLeft();
    });

    test('that is only to be read gets nothing', async () => {
      const items = await steps(root(), { managed: false });
      expect(items.map(({ step }) => step)).toEqual(ALL.slice(0, 6));
      expect(proxy.seen().filter(({ method }) => ['PUT', 'POST', 'DELETE'].includes(method))).toEqual([]);
    });

    test('F-UP07 wrong keys fail at the sign-in, whichever of them is wrong', async () => {
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary/wrong');
      expect(await failure(root())).toMatchObject({
        step: 'sign-in',
        message: expect.stringContaining('credentials') as string,
      });
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
      expect(await failure(root())).toMatchObject({ step: 'sign-in' });
      vi.stubEnv('AWS_ACCESS_KEY_ID', '');
      expect(await failure(root())).toMatchObject({
        step: 'sign-in',
        message: expect.stringContaining('not signed in') as string,
        remedy: expect.stringContaining('benchkeep storage sign-in') as string,
      });
      expect(await failure(root('&profile=missing'))).toMatchObject({
        step: 'sign-in',
        message: expect.stringContaining('missing') as string,
      });
      await expectNothingLeft();
    });

    test('F-UP07 rights that are missing fail at what they are for', async () => {
      const denied = { status: 403, code: 'AccessDenied' };
      proxy.spoil({ method: 'GET', url: /list-type/ }, 99, denied);
      expect(await failure(root())).toMatchObject({ step: 'list' });
      proxy.reset();
      proxy.spoil({ method: 'PUT' }, 99, denied);
      expect(await failure(root())).toMatchObject({
        step: 'put',
        message: expect.stringContaining('may not') as string,
      });
      await expectNothingLeft();
      proxy.reset();
      proxy.spoil({ method: 'DELETE' }, 99, denied);
      const last = await failure(root());
      const key = /benchkeep-test-\w+/.exec(last?.message ?? '')?.[0];
      expect(last).toMatchObject({ step: 'delete', message: expect.stringContaining('stays') as string });
      // What stays is named.
      const store = await openS3At(root('', server().endpoint), server().env);
      const left = await allOf(store.list(''));
      expect(left.map((one) => one.key)).toEqual([`.lamindb/${key ?? ''}`]);
      const facts = await store.stat(left[0]?.key ?? '');
      await store.delete(left[0]?.key ?? '', { version: facts?.version ?? null });
      store.close();
      await expectNothingLeft();
    });

    test('F-UP08 a bucket that is not there fails at the list, one in another region at the region, with its name', async () => {
      const missing = root().replace(server().bucket, 'no-such-bucket');
      expect(await failure(missing)).toMatchObject({
        step: 'list',
        message: expect.stringContaining('no bucket') as string,
      });
      const headers = { 'x-amz-bucket-region': 'eu-central-1' };
      proxy.spoil({ url: /benchkeep-test/ }, 99, { status: 301, code: 'PermanentRedirect', headers });
      expect(await failure(root())).toMatchObject({
        step: 'region',
        message: expect.stringContaining('eu-central-1') as string,
        remedy: expect.stringContaining('region=eu-central-1') as string,
      });
    });

    test('F-UP15 a clock that is wrong is told before anything is signed', async () => {
      for (const [minutes, word] of [
        [7, 'ahead of'],
        [-90, 'behind'],
      ] as const) {
        proxy.reset();
        const context = { ...base(), clock: { ...clock, now: () => Date.now() + minutes * 60_000 } };
        expect(await failure(root(), { context })).toMatchObject({
          step: 'clock',
          message: expect.stringContaining(`${String(Math.abs(minutes))} minutes ${word}`) as string,
        });
        expect(proxy.seen()).toHaveLength(1);
      }
      const fine = { ...base(), clock: { ...clock, now: () => Date.now() + 4 * 60_000 } };
      expect((await steps(root(), { context: fine })).at(-1)).toMatchObject({ step: 'delete', ok: true });
    });

    test('F-UP15 a store that calls the time too skewed is the clock, too', async () => {
      proxy.spoil({ url: /benchkeep-test/ }, 99, { status: 403, code: 'RequestTimeTooSkewed' });
      expect(await failure(root())).toMatchObject({
        step: 'clock',
        remedy: expect.stringContaining('clock') as string,
      });
    });

    test('F-UP24 a store that replaces what it should not is told, with a warning, and left clean', async () => {
      proxy.spoil({ method: 'PUT' }, 99, 'drop condition');
      const items = await steps(root());
      expect(items.find(({ step }) => step === 'put')).toMatchObject({
        ok: true,
        remedy: expect.stringContaining('replaces objects') as string,
      });
      expect(items.at(-1)).toMatchObject({ step: 'delete', ok: true });
      await expectNothingLeft();
    });

    test('nobody there, a name that leads nowhere, and a page to log in fail at the endpoint or the list', async () => {
      const closed = createServer().listen(0, '127.0.0.1');
      await once(closed, 'listening');
      const { port } = closed.address() as AddressInfo;
      closed.close();
      await once(closed, 'close');
      expect(await failure(root('', `http://127.0.0.1:${String(port)}`))).toMatchObject({
        step: 'endpoint',
        message: expect.stringContaining('ECONNREFUSED') as string,
      });
      expect(await failure(root('', 'http://store.invalid'))).toMatchObject({ step: 'endpoint' });
      expect(await failure(root('', 'http://169.254.169.254'))).toMatchObject({ step: 'endpoint' });
      proxy.spoil({}, 99, 'portal');
      expect(['sign-in', 'list']).toContain((await failure(root()))?.step);
    });

    test.skipIf(certificatesMissing() !== null)('F-UP23 a wrong certificate is named at the endpoint', async () => {
      const own = makeCertificates();
      const front = await startTlsFront(server().endpoint, own);
      try {
        expect(await failure(root('', front.endpoint))).toMatchObject({
          step: 'endpoint',
          message: expect.stringMatching(/can't prove who it is \(\w+CERT|SIGNATURE\)/) as string,
        });
        expect((await steps(root(`&ca=${own.ca}`, front.endpoint))).at(-1)).toMatchObject({ step: 'delete', ok: true });
        await expectNothingLeft();
      } finally {
        await front.stop();
        own.remove();
      }
    });
  });
}

describeGcs('a bucket at Google', (here) => {
  test('that is right passes each step, and keeps nothing of it', async () => {
    const root = `${here.root.root}?api_endpoint=${here.gcs.endpoint}`;
    expect((await steps(root)).map(({ step, ok, remedy }) => [step, ok, remedy])).toEqual(
      ALL.map((step) => [step, true, null]),
    );
    expect(await allOf(here.store.list(''))).toEqual([]);
  });
  test('F-UP07 F-UP08 that refuses, or is not there, fails where it does', async () => {
    const root = `${here.root.root}?api_endpoint=${here.gcs.endpoint}`;
    expect(await failure(root.replace(here.gcs.bucket, 'no-such-bucket'))).toMatchObject({ step: 'list' });
    void here.shim.fail({ when: ({ url }) => url.includes('/b/'), times: 99, does: { answer: 401 } });
    expect(await failure(root)).toMatchObject({ step: 'sign-in' });
    here.shim.heal();
    void here.shim.fail({ when: ({ method }) => method === 'POST', times: 99, does: { answer: 403 } });
    expect(await failure(root)).toMatchObject({ step: 'put' });
  });
});
