/** F-UP01 to F-UP03, F-CA01: a store that is away, busy or silent. */
import { describe, expect, test } from 'vitest';
import type { ObjectStore, Part, ReceivedPart } from '../../../src-main/storage/objects/object-store.ts';
import { startToxiproxy } from '../../stores/start-toxiproxy.ts';
import type { S3RequestKind } from '../../stores/s3-request.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { allOf, bytesOf, expectContent, PART, partsOf, wholeOf } from './content.ts';
import { failureOf, IMPATIENT, SOON, withFaults } from './s3-with-faults.ts';

const bytes = bytesOf(2 * PART + 99);
const [first, second, third] = partsOf(bytes) as [Part, Part, Part];

describe('S3 with faults', { timeout: 120_000 }, () => {
  const server = useS3('versitygw', { needs: ['toxiproxy'] });
  const here = withFaults(server);
  const secret = (): { secret: string } => ({ secret: server().env.AWS_SECRET_ACCESS_KEY });

  /** An upload of which nothing has come yet. */
  async function begin(key: string): Promise<string> {
    return here.truth.uploads.begin(key, bytes.length);
  }
  async function sendAll(store: ObjectStore, key: string, token: string): Promise<ReceivedPart[]> {
    return Promise.all([first, second, third].map((part) => store.uploads.send(key, token, part)));
  }

  /** By the request that it makes: a call that must do its work in spite of a fault. */
  const calls: [S3RequestKind, () => Promise<() => Promise<unknown>>][] = [
    ['stat', async () => () => here.store.stat('there')],
    ['get', async () => () => here.store.readRange('there', 0, 5)],
    ['list', async () => () => allOf(here.store.list('there'))],
    ['put', async () => () => here.store.put('put', Buffer.from('1'))],
    ['delete', async () => () => here.store.delete('there')],
    ['bucket', async () => () => here.store.region()],
    ['begin', async () => () => here.store.uploads.begin('begun', 1)],
    ['uploads', async () => () => allOf(here.store.uploads.list(''))],
    [
      'part',
      async () => {
        const token = await begin('a');
        return () => here.store.uploads.send('a', token, first);
      },
    ],
    [
      'parts',
      async () => {
        const token = await begin('a');
        return () => here.store.uploads.received('a', token);
      },
    ],
    [
      'complete',
      async () => {
        const token = await begin('done');
        const sent = await sendAll(here.truth, 'done', token);
        await here.truth.delete('done');
        return () => here.store.uploads.complete('done', token, sent, wholeOf(bytes));
      },
    ],
    [
      'abort',
      async () => {
        const token = await begin('a');
        return () => here.store.uploads.abort('a', token);
      },
    ],
  ];

  test.each([
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
    { status: 429, code: 'TooManyRequests' },
  ])('F-UP03 goes on by itself after $status $code, whatever was asked', async (fault) => {
    await here.truth.put('there', Buffer.from('plate'));
    for (const [kind, prepare] of calls) {
      const call = await prepare();
      here.proxy.reset();
      here.proxy.spoil({ kind }, 2, fault);
      await call();
      expect(here.proxy.seen({ kind }), kind).toHaveLength(3);
    }
    expectContent(await here.truth.stat('done'), bytes);
  });

  test('F-UP03 waits as long as the store asks for', async () => {
    here.proxy.spoil({ kind: 'put' }, 1, { status: 503, code: 'SlowDown', retryAfter: 1 });
    const start = performance.now();
    await here.store.put('later', Buffer.from('1'));
    // The header's time is in whole seconds of the clock.
    expect(performance.now() - start).toBeGreaterThan(900);
  });

  test('F-UP03 a store that stays busy is away, after a few attempts', async () => {
    for (const [kind, prepare] of calls) {
      const call = await prepare();
      here.proxy.reset();
      here.proxy.spoil({ kind }, 99, { status: 503, code: 'SlowDown' });
      expect(await failureOf(call(), secret()), kind).toMatchObject({ code: 'offline', retry: true });
      expect(here.proxy.seen({ kind }), kind).toHaveLength(IMPATIENT.attempts);
    }
  });

  test('F-UP03 an error that comes with success, as S3 does while it completes, is one', async () => {
    const token = await begin('slow');
    const sent = await sendAll(here.truth, 'slow', token);
    here.proxy.spoil({ kind: 'complete' }, 2, { status: 200, code: 'InternalError' });
    await here.store.uploads.complete('slow', token, sent, wholeOf(bytes));
    expect(here.proxy.seen({ kind: 'complete' })).toHaveLength(3);
    expectContent(await here.truth.stat('slow'), bytes);
  });

  test('F-UP02 a part that stalls is sent again, and no other one', async () => {
    const token = await begin('stalled');
    here.proxy.spoil({ kind: 'part', partNumber: 2 }, 1, 'stall');
    const start = performance.now();
    const sent = await sendAll(here.store, 'stalled', token);
    expect(performance.now() - start).toBeLessThan(SOON);
    expect([1, 2, 3].map((partNumber) => here.proxy.seen({ partNumber }).length)).toEqual([1, 2, 1]);
    await here.store.uploads.complete('stalled', token, sent, wholeOf(bytes));
    expectContent(await here.truth.stat('stalled'), bytes);
  });

  test('F-UP02 whatever is not answered any more fails in time', async () => {
    const prepared: [string, () => Promise<unknown>][] = [];
    for (const [kind, prepare] of calls) prepared.push([kind, await prepare()]);
    here.proxy.spoil({}, 999, 'stall');
    const failures = prepared.map(async ([kind, call]) => {
      expect(await failureOf(call(), secret()), kind).toMatchObject({ code: 'offline', retry: true });
    });
    await Promise.all(failures);
  });

  test('F-UP01 parts whose connection breaks in the middle are sent again, and no other one', async () => {
    const network = await startToxiproxy(here.proxy.endpoint);
    try {
      const store = await here.open(network.endpoint, { patience: { attempts: 20 } });
      const token = await begin('cut');
      const cut = await network.add({ stream: 'upstream', type: 'limit_data', attributes: { bytes: 1_000_000 } });
      const sending = sendAll(store, 'cut', token);
      await expect.poll(() => here.proxy.seen({ kind: 'part' }).length).toBeGreaterThanOrEqual(3);
      const early = await here.truth.uploads.received('cut', token);
      await network.remove(cut);
      const sent = await sending;
      expect(early?.filter(({ size }) => size === PART)).toEqual([]);
      expect(here.proxy.seen({ partNumber: 3 })).toHaveLength(1);
      await store.uploads.complete('cut', token, sent, wholeOf(bytes));
      expectContent(await here.truth.stat('cut'), bytes);
    } finally {
      await network.stop();
    }
  });

  test.each([
    { stream: 'upstream', type: 'reset_peer', attributes: { timeout: 0 } },
    { stream: 'upstream', type: 'timeout', attributes: { timeout: 0 } },
    { stream: 'downstream', type: 'timeout', attributes: { timeout: 0 } },
  ] as const)('F-UP01 F-UP02 a bad network ($type, $stream) ends every call in time, and heals', async (toxic) => {
    const network = await startToxiproxy(here.proxy.endpoint);
    try {
      // Each attempt waits for a second.
      const store = await here.open(network.endpoint, { patience: { attempts: 2 } });
      const name = await network.add(toxic);
      const token = await begin('healed');
      const away = { code: 'offline', retry: true };
      expect(await failureOf(store.stat('there'), secret())).toMatchObject(away);
      expect(await failureOf(store.uploads.send('healed', token, first), secret())).toMatchObject(away);
      await network.remove(name);
      await store.uploads.send('healed', token, first);
    } finally {
      await network.stop();
    }
  });

  test('an unplugged network is told soon, and works again when it is back', async () => {
    const network = await startToxiproxy(here.proxy.endpoint);
    try {
      const store = await here.open(network.endpoint);
      await store.put('plugged', Buffer.from('1'));
      await network.unplug();
      expect(await failureOf(store.stat('plugged'), secret())).toMatchObject({ code: 'offline', retry: true });
      await network.plugIn();
      expect(await store.stat('plugged')).toMatchObject({ size: 1 });
    } finally {
      await network.stop();
    }
  });

  test('F-CA01 a download that breaks off or stalls in the middle is asked for again', async () => {
    await here.truth.put('big', bytes);
    for (const fault of ['cut answer', 'stall answer'] as const) {
      here.proxy.reset();
      here.proxy.spoil({ kind: 'get' }, 2, fault);
      expect(await here.store.readRange('big', 10, 3_000_000)).toEqual(bytes.subarray(10, 3_000_010));
      here.proxy.spoil({ kind: 'get' }, 99, fault);
      const failure = await failureOf(here.store.readRange('big', 10, 3_000_000), secret());
      expect(failure).toMatchObject({ code: 'offline', retry: true });
    }
  });

  test('who stops a call that waits is told so at once', async () => {
    await here.truth.put('big', bytes);
    const store = await here.open(here.proxy.endpoint, { patience: { silence: 60_000, request: 60_000 } });
    for (const fault of ['stall', 'stall answer'] as const) {
      here.proxy.reset();
      here.proxy.spoil({ kind: 'get' }, 99, fault);
      const stop = new AbortController();
      const reading = failureOf(store.readRange('big', 0, 3_000_000, { signal: stop.signal }), secret());
      await expect.poll(() => here.proxy.seen({ kind: 'get' }).length).toBe(1);
      stop.abort();
      expect(await reading).toMatchObject({ code: 'cancelled', retry: true });
    }
  });
});
