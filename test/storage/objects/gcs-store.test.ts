import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import type { ObjectFacts, ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { describeGcs } from '../../stores/describe-gcs.ts';
import { md5Of, upload } from '../../stores/gcs-requests.ts';

describeGcs('Google Cloud Storage', (test) => {
  it('knows nothing of what is not there', async () => {
    expect(await test.store.stat('nothing')).toBeNull();
    expect(await keysOf(test.store, '')).toEqual([]);
    await expect(test.store.readRange('nothing', 0, 1)).rejects.toMatchObject({ code: 'file_not_found' });
  });

  it('says where the bucket is', async () => {
    expect(await test.store.region()).toBe('us-central1');
  });

  it('does not take a missing bucket for one in which everything is gone', async () => {
    const nowhere = await openGcsStore({ ...test.root, bucket: 'no-such-bucket' }, {});
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
    const made = await test.store.put('hello', Buffer.from('hello'));
    expect(made).toMatchObject({ key: 'hello', size: 5, version: made.etag });
    expect(made.checksums).toEqual({ crc32c: '9a71bb4c', md5: md5Of(Buffer.from('hello')) });
    expect(await test.store.stat('hello')).toEqual(made);
    expect(await test.store.stat('hello', { version: made.version })).toEqual(made);
    expect(await test.store.stat('hello', { version: '1' })).toBeNull();
    expect(made.modifiedAt).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('reads ranges, and no more than there is', async () => {
    await test.store.put('digits', Buffer.from('0123456789'));
    const read = async (offset: number, length: number) => String(await test.store.readRange('digits', offset, length));
    expect(await read(0, 10)).toBe('0123456789');
    expect(await read(3, 4)).toBe('3456');
    expect(await read(8, 100)).toBe('89');
    expect(await read(10, 5)).toBe('');
    expect(await read(99, 5)).toBe('');
    expect(await read(3, 0)).toBe('');
  });

  it('keeps an empty object', async () => {
    const made = await test.store.put('empty', Buffer.alloc(0));
    expect(made).toMatchObject({ size: 0, checksums: { md5: md5Of(Buffer.alloc(0)), crc32c: '00000000' } });
    expect(await test.store.readRange('empty', 0, 10)).toHaveLength(0);
  });

  it('gives back what a packed object holds, as it is kept', async () => {
    const packed = gzipSync('0123456789'.repeat(100));
    const name = encodeURIComponent(`${test.root.prefix}/packed`);
    const at = `${test.gcs.endpoint}/upload/storage/v1/b/${test.gcs.bucket}/o?uploadType=media&contentEncoding=gzip&name=${name}`;
    await fetch(at, { method: 'POST', body: packed });
    expect(await test.store.readRange('packed', 0, 1000)).toEqual(packed);
    expect(await test.store.readRange('packed', 4, 9)).toEqual(packed.subarray(4, 13));
  });

  it('replaces where nothing is said against it', async () => {
    const first = await test.store.put('key', Buffer.from('first'));
    const second = await test.store.put('key', Buffer.from('second'));
    expect(second.etag).not.toBe(first.etag);
    expect(String(await test.store.readRange('key', 0, 99))).toBe('second');
  });

  it('puts nothing where something is, if nothing may be there', async () => {
    await test.store.put('key', Buffer.from('first'), { condition: { absent: true } });
    const again = test.store.put('key', Buffer.from('second'), { condition: { absent: true } });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await test.store.readRange('key', 0, 99))).toBe('first');
  });

  it('lets one of many win who all want to be first', async () => {
    const puts = Array.from({ length: 8 }, (_, index) =>
      test.store.put('lock', Buffer.from(`number ${String(index)}`), { condition: { absent: true } }),
    );
    const outcomes = await Promise.allSettled(puts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('replaces only the very object that is meant', async () => {
    const first = await test.store.put('key', Buffer.from('first'));
    const second = await test.store.put('key', Buffer.from('second'), { condition: { etag: first.etag } });
    for (const etag of [first.etag, ''])
      await expect(test.store.put('key', Buffer.from('third'), { condition: { etag } })).rejects.toMatchObject({
        code: 'already_exists',
      });
    expect(await test.store.stat('key')).toEqual(second);
  });

  it('notices that an object was replaced while it is read', async () => {
    const first = await test.store.put('key', Buffer.from('first'));
    expect(String(await test.store.readRange('key', 0, 99, { of: first }))).toBe('first');
    await test.store.put('key', Buffer.from('second'));
    await expect(test.store.readRange('key', 0, 99, { of: first })).rejects.toMatchObject({ code: 'file_changed' });
  });

  it('deletes, also what is gone, and only the version that is meant', async () => {
    const first = await test.store.put('key', Buffer.from('first'));
    const second = await test.store.put('key', Buffer.from('second'));
    await test.store.delete('key', { version: first.version });
    expect(await test.store.stat('key')).toEqual(second);
    await test.store.delete('key', { version: second.version });
    expect(await test.store.stat('key')).toBeNull();
    await test.store.put('key', Buffer.from('third'));
    await test.store.delete('key');
    await test.store.delete('key');
    expect(await test.store.stat('key')).toBeNull();
  });

  it.each(['a b', 'a+b', '100%', 'a%2Fb', 'Zürich/µm/日本', 'a?b#c&d=e', "quote'd (1)!*", 'a//b', 'a/../b', '😀'])(
    'takes the key %s as it is',
    async (key) => {
      const content = Buffer.from(key);
      await test.store.put(key, content);
      expect(await test.store.stat(key)).toMatchObject({ key, size: content.length });
      expect(await test.store.readRange(key, 0, 99)).toEqual(content);
      expect(await keysOf(test.store, '')).toEqual([key]);
      expect(await keysOf(test.store, key)).toEqual([key]);
      await test.store.delete(key);
      await upload(test.store, key, content);
      expect(await test.store.readRange(key, 0, 99)).toEqual(content);
    },
  );

  it('lists in the order of keys, page by page, and only below the prefix', async () => {
    const keys = Array.from({ length: 1005 }, (_, index) => `list/${String((index * 7) % 1005).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map((key) => test.store.put(key, Buffer.from(key))));
    for (const key of ['lisa', 'list', 'list.txt', 'listing/1']) await test.store.put(key, Buffer.from(key));
    test.shim.seen.length = 0;
    expect(await keysOf(test.store, 'list/')).toEqual(keys.sort());
    expect(test.shim.seen.length).toBeGreaterThan(1);
    expect(await keysOf(test.store, 'list/000')).toHaveLength(10);
    const facts: ObjectFacts[] = [];
    for await (const fact of test.store.list('list/0001')) facts.push(fact);
    expect(facts).toEqual([await test.store.stat('list/0001')]);
    const neighbour = await openGcsStore({ ...test.root, prefix: `${test.root.prefix}/list` }, {});
    expect((await keysOf(neighbour, ''))[0]).toBe('0000');
    neighbour.close();
  });
});

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
