import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { ObjectFacts, ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import { contentOf, impatientClock, md5Of, partOf, rangesOf, sendParts } from '../../stores/gcs-requests.ts';
import { startGcs, type Gcs } from '../../stores/start-gcs.ts';

const missing = inject('storesMissing')['fake-gcs-server'];

describe.skipIf(missing !== null)(`Google Cloud Storage${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let gcs: Gcs;
  let store: ObjectStore;
  let root: CloudRoot;
  let folder = 0;

  beforeAll(async () => {
    gcs = await startGcs();
  });
  afterAll(() => gcs.stop());

  beforeEach(async () => {
    // A folder of its own, so that nothing is there.
    root = rootAt(gcs, `test-${String(++folder)}`);
    store = await openGcsStore(root, {}, { clock: impatientClock() });
    gcs.shim.seen.length = 0;
  });
  afterEach(() => {
    store.close();
  });

  it('knows nothing of what is not there', async () => {
    expect(await store.stat('nothing')).toBeNull();
    expect(await keysOf(store, '')).toEqual([]);
    await expect(store.readRange('nothing', 0, 1)).rejects.toMatchObject({ code: 'file_not_found' });
  });

  it('says where the bucket is', async () => {
    expect(await store.region()).toBe('us-central1');
  });

  it('does not take a missing bucket for one in which everything is gone', async () => {
    const nowhere = await openGcsStore({ ...root, bucket: 'no-such-bucket' }, {});
    const calls = [
      () => nowhere.stat('key'),
      () => keysOf(nowhere, ''),
      () => nowhere.readRange('key', 0, 1),
      () => nowhere.put('key', Buffer.from('x')),
      () => nowhere.delete('key'),
      () => nowhere.uploads.begin('key', 1),
      () => nowhere.region(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'bucket_not_found' });
    nowhere.close();
  });

  it('tells size, generation and the checksums that the store made', async () => {
    const made = await store.put('hello', Buffer.from('hello'));
    expect(made).toMatchObject({ key: 'hello', size: 5, version: made.etag });
    expect(made.checksums).toEqual({ crc32c: '9a71bb4c', md5: md5Of(Buffer.from('hello')) });
    expect(await store.stat('hello')).toEqual(made);
    expect(await store.stat('hello', { version: made.version })).toEqual(made);
    expect(await store.stat('hello', { version: '1' })).toBeNull();
    expect(made.modifiedAt).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('reads ranges, and no more than there is', async () => {
    await store.put('digits', Buffer.from('0123456789'));
    const read = async (offset: number, length: number) => String(await store.readRange('digits', offset, length));
    expect(await read(0, 10)).toBe('0123456789');
    expect(await read(3, 4)).toBe('3456');
    expect(await read(8, 100)).toBe('89');
    expect(await read(10, 5)).toBe('');
    expect(await read(99, 5)).toBe('');
    expect(await read(3, 0)).toBe('');
  });

  it('keeps an empty object', async () => {
    const made = await store.put('empty', Buffer.alloc(0));
    expect(made).toMatchObject({ size: 0, checksums: { md5: md5Of(Buffer.alloc(0)), crc32c: '00000000' } });
    expect(await store.readRange('empty', 0, 10)).toHaveLength(0);
  });

  it('gives back what a packed object holds, as it is kept', async () => {
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync('0123456789'.repeat(100));
    const name = encodeURIComponent(`${root.prefix}/packed`);
    const at = `${gcs.endpoint}/upload/storage/v1/b/${gcs.bucket}/o?uploadType=media&contentEncoding=gzip&name=${name}`;
    await fetch(at, { method: 'POST', body: packed });
    expect(await store.readRange('packed', 0, 1000)).toEqual(packed);
    expect(await store.readRange('packed', 4, 9)).toEqual(packed.subarray(4, 13));
  });

  it('replaces where nothing is said against it', async () => {
    const first = await store.put('key', Buffer.from('first'));
    const second = await store.put('key', Buffer.from('second'));
    expect(second.etag).not.toBe(first.etag);
    expect(String(await store.readRange('key', 0, 99))).toBe('second');
  });

  it('puts nothing where something is, if nothing may be there', async () => {
    await store.put('key', Buffer.from('first'), { condition: { absent: true } });
    const again = store.put('key', Buffer.from('second'), { condition: { absent: true } });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await store.readRange('key', 0, 99))).toBe('first');
  });

  it('lets one of many win who all want to be first', async () => {
    const puts = Array.from({ length: 8 }, (_, index) =>
      store.put('lock', Buffer.from(`number ${String(index)}`), { condition: { absent: true } }),
    );
    const outcomes = await Promise.allSettled(puts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('replaces only the very object that is meant', async () => {
    const first = await store.put('key', Buffer.from('first'));
    const second = await store.put('key', Buffer.from('second'), { condition: { etag: first.etag } });
    for (const etag of [first.etag, ''])
      await expect(store.put('key', Buffer.from('third'), { condition: { etag } })).rejects.toMatchObject({
        code: 'already_exists',
      });
    expect(await store.stat('key')).toEqual(second);
  });

  it('notices that an object was replaced while it is read', async () => {
    const first = await store.put('key', Buffer.from('first'));
    expect(String(await store.readRange('key', 0, 99, { of: first }))).toBe('first');
    await store.put('key', Buffer.from('second'));
    await expect(store.readRange('key', 0, 99, { of: first })).rejects.toMatchObject({ code: 'file_changed' });
  });

  it('deletes, also what is gone, and only the version that is meant', async () => {
    const first = await store.put('key', Buffer.from('first'));
    const second = await store.put('key', Buffer.from('second'));
    await store.delete('key', { version: first.version });
    expect(await store.stat('key')).toEqual(second);
    await store.delete('key', { version: second.version });
    expect(await store.stat('key')).toBeNull();
    await store.put('key', Buffer.from('third'));
    await store.delete('key');
    await store.delete('key');
    expect(await store.stat('key')).toBeNull();
  });

  it.each(['a b', 'a+b', '100%', 'a%2Fb', 'Zürich/µm/日本', 'a?b#c&d=e', "quote'd (1)!*", 'a//b', 'a/../b', '😀'])(
    'takes the key %s as it is',
    async (key) => {
      const content = Buffer.from(key);
      await store.put(key, content);
      expect(await store.stat(key)).toMatchObject({ key, size: content.length });
      expect(await store.readRange(key, 0, 99)).toEqual(content);
      expect(await keysOf(store, '')).toEqual([key]);
      expect(await keysOf(store, key)).toEqual([key]);
      await store.delete(key);
      await upload(store, key, content);
      expect(await store.readRange(key, 0, 99)).toEqual(content);
    },
  );

  it('lists in the order of keys, page by page, and only below the prefix', async () => {
    const keys = Array.from({ length: 1005 }, (_, index) => `list/${String((index * 7) % 1005).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map((key) => store.put(key, Buffer.from(key))));
    for (const key of ['lisa', 'list', 'list.txt', 'listing/1']) await store.put(key, Buffer.from(key));
    gcs.shim.seen.length = 0;
    expect(await keysOf(store, 'list/')).toEqual(keys.sort());
    expect(gcs.shim.seen.length).toBeGreaterThan(1);
    expect(await keysOf(store, 'list/000')).toHaveLength(10);
    const facts: ObjectFacts[] = [];
    for await (const fact of store.list('list/0001')) facts.push(fact);
    expect(facts).toEqual([{ ...(await store.stat('list/0001')), checksums: {} }]);
    const neighbour = await openGcsStore({ ...root, prefix: `${root.prefix}/list` }, {});
    expect((await keysOf(neighbour, ''))[0]).toBe('0000');
    neighbour.close();
  });

  it('uploads in parts, and the object is there when all is done', async () => {
    const { partSize, parallel } = store.uploads.plan(1);
    expect([partSize % (256 * 1024), parallel]).toEqual([0, 1]);
    const content = contentOf(2 * partSize + 12_345);
    const token = await store.uploads.begin('large', content.length);
    expect(await store.uploads.received('large', token)).toEqual([]);
    await store.uploads.send('large', token, partOf(content, 1, partSize));
    expect(await store.uploads.received('large', token)).toMatchObject([{ number: 1, size: partSize, crc32: null }]);
    expect(await store.stat('large')).toBeNull();
    await sendParts(store, 'large', token, content, 2);
    const parts = (await store.uploads.received('large', token)) ?? [];
    expect(parts.map(({ size }) => size)).toEqual([partSize, partSize, 12_345]);
    await store.uploads.complete('large', token, parts, { size: content.length, crc32: '' });
    expect(await store.stat('large')).toMatchObject({ size: content.length, checksums: { md5: md5Of(content) } });
  });

  it.each([0, 1, 16 * 1024 ** 2])('uploads %i bytes', async (size) => {
    const content = contentOf(size);
    await upload(store, 'key', content);
    expect(await store.stat('key')).toMatchObject({ size, checksums: { md5: md5Of(content) } });
  });

  it('goes on in another life with what the store has', async () => {
    const { partSize } = store.uploads.plan(1);
    const content = contentOf(2 * partSize);
    const token = await store.uploads.begin('large', content.length);
    await store.uploads.send('large', token, partOf(content, 1, partSize));
    const stalled = gcs.shim.fail({ when: () => true, does: { stallAfter: 3 * 1024 ** 2 } });
    const dying = new AbortController();
    const sent = store.uploads.send('large', token, partOf(content, 2, partSize), { signal: dying.signal });
    const end = expect(sent).rejects.toMatchObject({ code: 'cancelled' });
    await stalled;
    dying.abort();
    await end;

    const next = await openGcsStore(root, {}, { clock: impatientClock() });
    expect(await next.uploads.received('large', token)).toMatchObject([{ number: 1, size: partSize }]);
    gcs.shim.seen.length = 0;
    await sendParts(next, 'large', token, content, 2);
    const [range = ''] = rangesOf(gcs.shim.seen);
    expect(Number(range.split('-')[0])).toBeGreaterThan(partSize);
    await next.uploads.complete('large', token, [], { size: content.length, crc32: '' });
    expect((await next.stat('large'))?.checksums.md5).toBe(md5Of(content));
    next.close();
  });

  it('leaves what came in between, and says so', async () => {
    const content = contentOf(1000);
    const token = await store.uploads.begin('key', content.length);
    await store.put('key', Buffer.from('in between'));
    await expect(sendParts(store, 'key', token, content)).rejects.toMatchObject({ code: 'already_exists' });
    const completed = store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await expect(completed).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await store.readRange('key', 0, 99))).toBe('in between');
  });

  it('does not call done what was replaced or deleted since', async () => {
    const content = contentOf(1000);
    const token = await store.uploads.begin('key', content.length);
    await sendParts(store, 'key', token, content);
    const complete = () => store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await complete();
    await complete();
    await store.put('key', Buffer.from('other'));
    await expect(complete()).rejects.toMatchObject({ code: 'already_exists' });
    await store.delete('key');
    await expect(complete()).rejects.toMatchObject({ code: 'upload_lost' });
  });

  it('does not make an object of some of its parts', async () => {
    const { partSize } = store.uploads.plan(1);
    const content = contentOf(partSize + 1);
    const token = await store.uploads.begin('key', content.length);
    await store.uploads.send('key', token, partOf(content, 1, partSize));
    const completed = store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await expect(completed).rejects.toMatchObject({ code: 'upload_lost' });
    expect(await store.stat('key')).toBeNull();
  });

  it('knows an upload no more that was given up, has expired or never was', async () => {
    const content = contentOf(1000);
    const aborted = await store.uploads.begin('key', content.length);
    await store.uploads.abort('key', aborted);
    await store.uploads.abort('key', aborted);
    const expired = await store.uploads.begin('key', content.length);
    gcs.shim.forgetSessions();
    for (const token of [aborted, expired, 'no token of ours']) {
      expect(await store.uploads.received('key', token)).toBeNull();
      const part = partOf(content, 1, content.length);
      await expect(store.uploads.send('key', token, part)).rejects.toMatchObject({ code: 'upload_lost' });
      const completed = store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
      await expect(completed).rejects.toMatchObject({ code: 'upload_lost' });
      await store.uploads.abort('key', token);
    }
    expect(await store.stat('key')).toBeNull();
  });
});

function rootAt(gcs: Gcs, folder: string): CloudRoot {
  const root = parseCloudRoot(gcs.root.replace('?', `/${folder}?`));
  if (root === null) throw new Error('no root');
  return root;
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

async function upload(store: ObjectStore, key: string, content: Buffer): Promise<void> {
  const token = await store.uploads.begin(key, content.length);
  await sendParts(store, key, token, content);
  await store.uploads.complete(key, token, [], { size: content.length, crc32: '' });
}
