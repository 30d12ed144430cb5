import { expect, it } from 'vitest';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import { describeGcs } from '../../stores/describe-gcs.ts';
import { contentOf, impatientClock, isPart, partOf, upload } from '../../stores/gcs-requests.ts';
import type { Seen } from '../../stores/gcs-shim.ts';
import { startGcs } from '../../stores/start-gcs.ts';

const MIB = 1024 ** 2;
const any = () => true;
const isPut = ({ method, url }: Seen) => method === 'POST' && url.includes('uploadType=multipart');

describeGcs('Google Cloud Storage over a bad network', (test) => {
  it('is offline where nobody answers, and says so soon', async () => {
    const gone = await startGcs();
    await gone.stop();
    const nowhere = await openGcsStore(
      { ...test.root, options: { api_endpoint: gone.endpoint } },
      {},
      { clock: test.clock },
    );
    const call = nowhere.stat('key');
    await expect(call).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(test.clock.pauses).toHaveLength(2);
    nowhere.close();
  });

  it('goes on by itself after refusals that pass, waiting longer each time', async () => {
    const made = await test.store.put('key', Buffer.from('content'));
    for (const answer of [503, 500, 429, 408]) {
      test.clock.pauses.length = 0;
      void test.shim.fail({ when: any, times: 4, does: { answer } });
      expect(await test.store.stat('key')).toEqual(made);
      expect(test.clock.pauses).toEqual([187.5, 375, 750, 1500]);
    }
  });

  it('spreads the attempts of those who failed together', async () => {
    const pauses: number[] = [];
    for (const chance of [0, 255]) {
      const own = impatientClock();
      const other = await openGcsStore(test.root, {}, { clock: own, random: () => Uint8Array.of(chance) });
      void test.shim.fail({ when: any, does: { answer: 503 } });
      await other.stat('key');
      other.close();
      pauses.push(...own.pauses);
    }
    expect(pauses[0]).toBe(125);
    expect(pauses[1]).toBeGreaterThan(245);
  });

  it('waits as long as the store asks for', async () => {
    void test.shim.fail({ when: any, does: { answer: 429, headers: { 'retry-after': '7' } } });
    const date = new Date(Date.now() + 8_000).toUTCString();
    void test.shim.fail({ when: any, does: { answer: 503, headers: { 'retry-after': date } } });
    await test.store.stat('key');
    const [first, second = 0] = test.clock.pauses;
    expect(first).toBe(7000);
    expect(second).toBeGreaterThan(5_000);
    expect(second).toBeLessThan(8_001);
  });

  it('leaves it to others to wait for an hour', async () => {
    void test.shim.fail({ when: any, does: { answer: 503, headers: { 'retry-after': '3600' } } });
    await expect(test.store.stat('key')).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(test.clock.pauses).toEqual([]);
  });

  it('gives up in the end', async () => {
    void test.shim.fail({ when: any, times: Infinity, does: { answer: 503 } });
    await expect(test.store.stat('key')).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(test.shim.seen).toHaveLength(10);
    expect(Math.max(...test.clock.pauses)).toBeLessThan(10_000);
  });

  it.each([0, 700_000])('reads again where the answer broke off after %i bytes', async (loseAnswerAfter) => {
    const content = contentOf(MIB);
    await test.store.put('key', content);
    void test.shim.fail({ when: any, does: { loseAnswerAfter } });
    expect((await test.store.readRange('key', 0, MIB)).equals(content)).toBe(true);
  });

  it('knows its own object again where the answer to a put was lost', async () => {
    for (const [key, condition] of [
      ['new', { absent: true }],
      ['old', { etag: (await test.store.put('old', Buffer.from('before'))).etag }],
    ] as const) {
      void test.shim.fail({ when: isPut, does: { loseAnswerAfter: 0 } });
      const made = await test.store.put(key, Buffer.from('mine'), { condition });
      expect(made).toEqual(await test.store.stat(key));
    }
  });

  it("does not take another's object for its own", async () => {
    await test.store.put('key', Buffer.from('other'));
    void test.shim.fail({ when: isPut, does: { answer: 503 } });
    const put = test.store.put('key', Buffer.from('mine!'), { condition: { absent: true } });
    await expect(put).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await test.store.readRange('key', 0, 99))).toBe('other');
  });

  it('stops when told to, before, during and between attempts', async () => {
    const content = contentOf(16 * MIB);
    const token = await test.store.uploads.begin('key', content.length);
    const cancelled = { code: 'cancelled', retry: true };
    await expect(test.store.stat('key', { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);

    const during = new AbortController();
    const stalled = test.shim.fail({ when: isPart, does: { stallAfter: 2 * MIB } });
    const sent = test.store.uploads.send('key', token, partOf(content, 1, 16 * MIB), { signal: during.signal });
    const end = expect(sent).rejects.toMatchObject(cancelled);
    await stalled;
    during.abort();
    await end;

    const between = new AbortController();
    void test.shim.fail({ when: any, does: { answer: 503 } }).then(() => {
      between.abort();
    });
    await expect(test.store.stat('key', { signal: between.signal })).rejects.toMatchObject(cancelled);
    await upload(test.store, 'key', content, token);
  });

  it('is not taken in by a page to log in to the network', async () => {
    const page = { answer: 200, body: '<html>Welcome to Hotel WiFi</html>' };
    const token = await test.store.uploads.begin('key', 1);
    const calls = [
      () => test.store.stat('key'),
      () => test.store.list('').next(),
      () => test.store.put('key', Buffer.from('x')),
      () => test.store.uploads.begin('key', 1),
      () => test.store.uploads.received('key', token),
      () => test.store.uploads.send('key', token, partOf(Buffer.from('x'), 1, 1)),
    ];
    for (const call of calls) {
      void test.shim.fail({ when: any, does: page });
      await expect(call()).rejects.toMatchObject({ code: 'offline' });
    }
  });
});
