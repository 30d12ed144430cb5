import { expect, it } from 'vitest';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import { describeGcs } from '../../stores/describe-gcs.ts';
import { contentOf, impatientClock, md5Of, partOf, rangesOf, sendParts, upload } from '../../stores/gcs-requests.ts';

describeGcs('uploads to Google Cloud Storage', (test) => {
  it('uploads in parts, and the object is there when all is done', async () => {
    const { partSize, parallel } = test.store.uploads.plan(1);
    expect([partSize % (256 * 1024), parallel]).toEqual([0, 1]);
    const content = contentOf(2 * partSize + 12_345);
    const token = await test.store.uploads.begin('large', content.length);
    expect(await test.store.uploads.received('large', token)).toEqual([]);
    await test.store.uploads.send('large', token, partOf(content, 1, partSize));
    expect(await test.store.uploads.received('large', token)).toMatchObject([
      { number: 1, size: partSize, crc32: null },
    ]);
    expect(await test.store.stat('large')).toBeNull();
    await sendParts(test.store, 'large', token, content, 2);
    const parts = (await test.store.uploads.received('large', token)) ?? [];
    expect(parts.map(({ size }) => size)).toEqual([partSize, partSize, 12_345]);
    await test.store.uploads.complete('large', token, parts, { size: content.length, crc32: '' });
    expect(await test.store.stat('large')).toMatchObject({ size: content.length, checksums: { md5: md5Of(content) } });
  });

  it.each([0, 1, 16 * 1024 ** 2])('uploads %i bytes', async (size) => {
    const content = contentOf(size);
    await upload(test.store, 'key', content);
    expect(await test.store.stat('key')).toMatchObject({ size, checksums: { md5: md5Of(content) } });
  });

  it.each(['asks', 'does not ask'])(
    'goes on in another life, which %s first, with what the store has',
    async (asks) => {
      const { partSize } = test.store.uploads.plan(1);
      const content = contentOf(2 * partSize);
      const token = await test.store.uploads.begin('large', content.length);
      await test.store.uploads.send('large', token, partOf(content, 1, partSize));
      const stalled = test.shim.fail({ when: () => true, does: { stallAfter: 3 * 1024 ** 2 } });
      const dying = new AbortController();
      const sent = test.store.uploads.send('large', token, partOf(content, 2, partSize), { signal: dying.signal });
      const end = expect(sent).rejects.toMatchObject({ code: 'cancelled' });
      await stalled;
      dying.abort();
      await end;

      const next = await openGcsStore(test.root, {}, { clock: impatientClock() });
      if (asks === 'asks')
        expect(await next.uploads.received('large', token)).toMatchObject([{ number: 1, size: partSize }]);
      test.shim.seen.length = 0;
      await sendParts(next, 'large', token, content, 2);
      const [range = ''] = rangesOf(test.shim.seen);
      expect(Number(range.split('-')[0])).toBeGreaterThan(partSize);
      await next.uploads.complete('large', token, [], { size: content.length, crc32: '' });
      expect((await next.stat('large'))?.checksums.md5).toBe(md5Of(content));
      next.close();
    },
  );

  it('leaves what came in between, and says so', async () => {
    const content = contentOf(1000);
    const token = await test.store.uploads.begin('key', content.length);
    await test.store.put('key', Buffer.from('in between'));
    await expect(sendParts(test.store, 'key', token, content)).rejects.toMatchObject({ code: 'already_exists' });
    const completed = test.store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await expect(completed).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await test.store.readRange('key', 0, 99))).toBe('in between');
  });

  it('does not call done what was replaced or deleted since', async () => {
    const content = contentOf(1000);
    const token = await test.store.uploads.begin('key', content.length);
    await sendParts(test.store, 'key', token, content);
    const complete = () => test.store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await complete();
    await complete();
    await test.store.put('key', Buffer.from('other'));
    await expect(complete()).rejects.toMatchObject({ code: 'already_exists' });
    await test.store.delete('key');
    await expect(complete()).rejects.toMatchObject({ code: 'upload_lost' });
  });

  it('does not make an object of some of its parts', async () => {
    const { partSize } = test.store.uploads.plan(1);
    const content = contentOf(partSize + 1);
    const token = await test.store.uploads.begin('key', content.length);
    await test.store.uploads.send('key', token, partOf(content, 1, partSize));
    const completed = test.store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
    await expect(completed).rejects.toMatchObject({ code: 'upload_lost' });
    expect(await test.store.stat('key')).toBeNull();
  });

  it('knows an upload no more that was given up, has expired or never was', async () => {
    const content = contentOf(1000);
    const aborted = await test.store.uploads.begin('key', content.length);
    await test.store.uploads.abort('key', aborted);
    await test.store.uploads.abort('key', aborted);
    const expired = await test.store.uploads.begin('key', content.length);
    test.shim.forgetSessions();
    for (const token of [aborted, expired, 'no token of ours']) {
      expect(await test.store.uploads.received('key', token)).toBeNull();
      const part = partOf(content, 1, content.length);
      await expect(test.store.uploads.send('key', token, part)).rejects.toMatchObject({ code: 'upload_lost' });
      const completed = test.store.uploads.complete('key', token, [], { size: content.length, crc32: '' });
      await expect(completed).rejects.toMatchObject({ code: 'upload_lost' });
      await test.store.uploads.abort('key', token);
    }
    expect(await test.store.stat('key')).toBeNull();
  });
});
