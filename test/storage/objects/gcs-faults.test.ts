import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { toErrorData } from '../../../shared/errors.ts';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import {
  contentOf,
  impatientClock,
  isPart,
  isQuestion,
  md5Of,
  partOf,
  rangesOf,
  sendParts,
  type ImpatientClock,
} from '../../stores/gcs-requests.ts';
import type { Seen } from '../../stores/gcs-shim.ts';
import { startGcs, type Gcs } from '../../stores/start-gcs.ts';

const missing = inject('storesMissing')['fake-gcs-server'];
const MIB = 1024 ** 2;
const any = () => true;
const isPut = ({ method, url }: Seen) => method === 'POST' && url.includes('uploadType=multipart');

describe.skipIf(missing !== null)(`bad networks${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let gcs: Gcs;
  let root: CloudRoot;
  let clock: ImpatientClock;
  let store: ObjectStore;
  let folder = 0;

  beforeAll(async () => {
    gcs = await startGcs();
  });
  afterAll(() => gcs.stop());

  beforeEach(async () => {
    const parsed = parseCloudRoot(gcs.root.replace('?', `/test-${String(++folder)}?`));
    if (parsed === null) throw new Error('no root');
    root = parsed;
    clock = impatientClock();
    store = await openGcsStore(root, {}, { clock, random: () => Uint8Array.of(128) });
    gcs.shim.seen.length = 0;
  });
  afterEach(() => {
    store.close();
    gcs.shim.heal();
  });

  it('is offline where nobody answers, and says so soon', async () => {
    const gone = await startGcs();
    await gone.stop();
    const nowhere = await openGcsStore({ ...root, options: { api_endpoint: gone.endpoint } }, {}, { clock });
    const call = nowhere.stat('key');
    await expect(call).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(clock.pauses).toHaveLength(2);
    nowhere.close();
  });

  it('goes on by itself after refusals that pass, waiting longer each time', async () => {
    const made = await store.put('key', Buffer.from('content'));
    for (const answer of [503, 500, 429, 408]) {
      clock.pauses.length = 0;
      void gcs.shim.fail({ when: any, times: 4, does: { answer } });
      expect(await store.stat('key')).toEqual(made);
      expect(clock.pauses).toEqual([187.5, 375, 750, 1500]);
    }
  });

  it('spreads the attempts of those who failed together', async () => {
    const pauses: number[] = [];
    for (const chance of [0, 255]) {
      const own = impatientClock();
      const other = await openGcsStore(root, {}, { clock: own, random: () => Uint8Array.of(chance) });
      void gcs.shim.fail({ when: any, does: { answer: 503 } });
      await other.stat('key');
      other.close();
      pauses.push(...own.pauses);
    }
    expect(pauses[0]).toBe(125);
    expect(pauses[1]).toBeGreaterThan(245);
  });

  it('waits as long as the store asks for', async () => {
    void gcs.shim.fail({ when: any, does: { answer: 429, headers: { 'retry-after': '7' } } });
    const date = new Date(Date.now() + 8_000).toUTCString();
    void gcs.shim.fail({ when: any, does: { answer: 503, headers: { 'retry-after': date } } });
    await store.stat('key');
    const [first, second = 0] = clock.pauses;
    expect(first).toBe(7000);
    expect(second).toBeGreaterThan(5_000);
    expect(second).toBeLessThan(8_001);
  });

  it('leaves it to others to wait for an hour', async () => {
    void gcs.shim.fail({ when: any, does: { answer: 503, headers: { 'retry-after': '3600' } } });
    await expect(store.stat('key')).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(clock.pauses).toEqual([]);
  });

  it('gives up in the end', async () => {
    void gcs.shim.fail({ when: any, times: Infinity, does: { answer: 503 } });
    await expect(store.stat('key')).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(gcs.shim.seen).toHaveLength(10);
    expect(Math.max(...clock.pauses)).toBeLessThan(10_000);
  });

  it.each([0, 700_000])('reads again where the answer broke off after %i bytes', async (loseAnswerAfter) => {
    const content = contentOf(MIB);
    await store.put('key', content);
    void gcs.shim.fail({ when: any, does: { loseAnswerAfter } });
    expect((await store.readRange('key', 0, MIB)).equals(content)).toBe(true);
  });

  it('knows its own object again where the answer to a put was lost', async () => {
    for (const [key, condition] of [
      ['new', { absent: true }],
      ['old', { etag: (await store.put('old', Buffer.from('before'))).etag }],
    ] as const) {
      void gcs.shim.fail({ when: isPut, does: { loseAnswerAfter: 0 } });
      const made = await store.put(key, Buffer.from('mine'), { condition });
      expect(made).toEqual(await store.stat(key));
    }
  });

  it("does not take another's object for its own", async () => {
    await store.put('key', Buffer.from('other'));
    void gcs.shim.fail({ when: isPut, does: { answer: 503 } });
    const put = store.put('key', Buffer.from('mine!'), { condition: { absent: true } });
    await expect(put).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await store.readRange('key', 0, 99))).toBe('other');
  });

  it('goes on from what arrived where a part was cut', async () => {
    const content = contentOf(20 * MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, does: { cutAfter: 5 * MIB } });
    await finish(token, content);
    const [first, second = ''] = rangesOf(gcs.shim.seen);
    expect(first).toMatch(/^0-/);
    expect(Number(second.split('-')[0])).toBeGreaterThanOrEqual(5 * MIB);
  });

  it('gets there through twenty cuts, since each brought something', async () => {
    const content = contentOf(16 * MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, times: 20, does: { cutAfter: 300 * 1024 } });
    await finish(token, content);
    expect(rangesOf(gcs.shim.seen)).toHaveLength(21);
  });

  it('gives up where cuts bring nothing, and can go on later', async () => {
    const content = contentOf(MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, times: Infinity, does: { cutAfter: 1 } });
    await expect(sendParts(store, 'key', token, content)).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(rangesOf(gcs.shim.seen)).toHaveLength(10);
    gcs.shim.heal();
    await finish(token, content);
  });

  it('sends the rest where the store kept a part of a part', async () => {
    const content = contentOf(MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, does: { keep: 256 * 1024 } });
    void gcs.shim.fail({ when: isPart, does: { keep: 0 } });
    await finish(token, content);
    expect(rangesOf(gcs.shim.seen).map((range) => range.split('-')[0])).toEqual(['0', '262144', '262144']);
  });

  it('asks how far it is where the store refused a part, and goes on', async () => {
    const content = contentOf(20 * MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, times: 3, does: { answer: 503 } });
    void gcs.shim.fail({ when: isQuestion, times: 2, does: { answer: 500 } });
    await finish(token, content);
  });

  it('finds the object made where the answer to the last part was lost', async () => {
    const content = contentOf(MIB);
    const token = await store.uploads.begin('key', content.length);
    void gcs.shim.fail({ when: isPart, does: { loseAnswerAfter: 0 } });
    await finish(token, content);
    expect(rangesOf(gcs.shim.seen)).toHaveLength(1);
  });

  it('does not wait for what stalls', async () => {
    const content = contentOf(16 * MIB);
    const token = await store.uploads.begin('key', content.length);
    const stalled = gcs.shim.fail({ when: isPart, does: { stallAfter: 2 * MIB } });
    const finished = finish(token, content);
    await stalled;
    clock.silence();
    await finished;
    expect(rangesOf(gcs.shim.seen)).toHaveLength(2);
  });

  it('stops when told to, before, during and between attempts', async () => {
    const content = contentOf(16 * MIB);
    const token = await store.uploads.begin('key', content.length);
    const cancelled = { code: 'cancelled', retry: true };
    await expect(store.stat('key', { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);

    const during = new AbortController();
    const stalled = gcs.shim.fail({ when: isPart, does: { stallAfter: 2 * MIB } });
    const sent = store.uploads.send('key', token, partOf(content, 1, 16 * MIB), { signal: during.signal });
    const end = expect(sent).rejects.toMatchObject(cancelled);
    await stalled;
    during.abort();
    await end;

    const between = new AbortController();
    void gcs.shim.fail({ when: any, does: { answer: 503 } }).then(() => {
      between.abort();
    });
    await expect(store.stat('key', { signal: between.signal })).rejects.toMatchObject(cancelled);
    await finish(token, content);
  });

  it('is not taken in by a page to log in to the network', async () => {
    const page = { answer: 200, body: '<html>Welcome to Hotel WiFi</html>' };
    const token = await store.uploads.begin('key', 1);
    const calls = [
      () => store.stat('key'),
      () => store.list('').next(),
      () => store.put('key', Buffer.from('x')),
      () => store.uploads.begin('key', 1),
      () => store.uploads.received('key', token),
      () => store.uploads.send('key', token, partOf(Buffer.from('x'), 1, 1)),
    ];
    for (const call of calls) {
      void gcs.shim.fail({ when: any, does: page });
      await expect(call()).rejects.toMatchObject({ code: 'offline' });
    }
  });

  it('puts no address of a session into an error', async () => {
    const token = await store.uploads.begin('key', 1);
    const canary = /upload_id=(?<id>[^&"]+)/.exec(token)?.groups?.['id'] ?? '';
    expect(canary.length).toBeGreaterThan(10);
    const body = JSON.stringify({ error: { message: token, errors: [{ reason: token, message: token }] } });
    const part = partOf(Buffer.from('x'), 1, 1);
    const calls = [
      () => store.uploads.received('key', token),
      () => store.uploads.send('key', token, part),
      () => store.uploads.complete('key', token, [], { size: 1, crc32: '' }),
      () => store.uploads.abort('key', token),
    ];
    for (const answer of [400, 401, 403, 409, 412, 418, 503]) {
      void gcs.shim.fail({ when: any, times: Infinity, does: { answer, body } });
      for (const call of calls) expect(await textOfError(call)).not.toContain(canary);
      gcs.shim.heal();
    }
    void gcs.shim.fail({ when: any, times: Infinity, does: { loseAnswerAfter: 0 } });
    for (const call of calls) expect(await textOfError(call)).not.toContain(canary);
  });

  async function finish(token: string, content: Buffer): Promise<void> {
    const parts = await sendParts(store, 'key', token, content);
    await store.uploads.complete('key', token, parts, { size: content.length, crc32: '' });
    expect((await store.stat('key'))?.checksums.md5).toBe(md5Of(content));
  }
});

/** All that could get into a log or onto a screen. */
async function textOfError(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return inspect(error, { depth: null, showHidden: true }) + JSON.stringify(toErrorData(error));
  }
  throw new Error('no error');
}
