/** F-UP24: a store that puts an object also where one is already is found out when a storage is made, and looked at first. */
import { describe, expect, test } from 'vitest';
import { findInstance, initInstance } from '../../src-main/instance/index.ts';
import { selfOf } from '../../src-main/instance/publishing/place-of.ts';
import { reachPlace, whileSignedIn } from '../../src-main/instance/publishing/reach-place.ts';
import { takeTurn } from '../../src-main/instance/publishing/take-turn.ts';
import { addStorage, parseCloudRoot, storeOf, storagesOfComputer } from '../../src-main/storage/index.ts';
import type { Bench } from '../instance/open-bench.ts';
import type { FaultProxy } from '../stores/fault-proxy.ts';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { useBucketBench } from './use-bucket-bench.ts';
import { allOf, bytesOf, PART, partsOf, wholeOf } from './objects/content.ts';

describe('F-UP24 a store that ignores conditions', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  let proxy: FaultProxy;
  let bench: Bench;
  let folder = '';
  useBucketBench(server, 'ignored', (made) => {
    ({ proxy, bench, folder } = made);
  });
  const root = (): string => `s3://${server().bucket}/${folder}?endpoint_url=${proxy.endpoint}`;
  const ignore = (): void => {
    proxy.reset();
    proxy.spoil({ method: 'PUT' }, 999, 'drop condition');
    proxy.spoil({ method: 'POST', url: /uploadId=/ }, 999, 'drop condition');
  };

  /** What lies below the root, straight from the store. */
  async function left(): Promise<string[]> {
    const store = await openS3At(root().replace(proxy.endpoint, server().endpoint), server().env);
    const keys = (await allOf(store.list(''))).map(({ key }) => key);
    store.close();
    return keys;
  }

  test.each(['added', 'made with an instance'] as const)(
    '%s, is remembered with a warning, and left clean',
    async (how) => {
      ignore();
      const { open } =
        how === 'added'
          ? await bench.instance()
          : await (async () => {
              const workbench = await bench.workbench();
              await initInstance(workbench, { storage: root(), name: 'lab' });
              return { open: await bench.open(workbench) };
            })();
      if (how === 'added') await addStorage(open, { root: root(), watch: false });
      const { items } = await storagesOfComputer(open);
      expect(items.find(({ type }) => type === 's3')?.warning).toContain('replaces objects');
      expect(await left()).toEqual(['.lamindb/storage_uid.txt']);
      // The same root again is the same storage.
      expect((await addStorage(open, { root: root(), watch: false })).items[0]?.root).toBe(
        parseCloudRoot(root())?.root,
      );

      const row = await open.registry.db
        .selectFrom('storage')
        .selectAll()
        .where('type', '=', 's3')
        .executeTakeFirstOrThrow();
      const store = await storeOf(open, row);
      await store.put('a', Buffer.from('first'), { condition: { absent: true } });
      await expect(store.put('a', Buffer.from('second'), { condition: { absent: true } })).rejects.toMatchObject({
        code: 'already_exists',
      });
      await expect(store.put('a', Buffer.from('second'), { condition: { etag: 'other' } })).rejects.toMatchObject({
        code: 'already_exists',
      });
      expect(String(await store.readRange('a', 0, 9))).toBe('first');
      const bytes = bytesOf(PART + 1);
      const token = await store.uploads.begin('a', bytes.length);
      const parts = [];
      for (const part of partsOf(bytes)) parts.push(await store.uploads.send('a', token, part));
      await expect(store.uploads.complete('a', token, parts, wholeOf(bytes))).rejects.toMatchObject({
        code: 'already_exists',
      });
      expect(String(await store.readRange('a', 0, 9))).toBe('first');
      // What replaces one that is known is not refused because that one is there.
      const other = { etag: 'other' };
      await expect(
        store.uploads.complete('a', token, parts, wholeOf(bytes), { condition: other }),
      ).rejects.toMatchObject({ code: 'already_exists' });
      const etag = (await store.stat('a'))?.etag ?? '';
      // What leaves conditions out puts a checksum of the request in the place of the object's.
      proxy.reset();
      await store.uploads.complete('a', token, parts, wholeOf(bytes), { condition: { etag } });
      expect((await store.stat('a'))?.size).toBe(bytes.length);
    },
  );

  test('the registry is not published there, by nobody who reaches it', async () => {
    ignore();
    const workbench = await bench.workbench();
    await initInstance(workbench, { storage: root(), name: 'lab' });
    const card = await findInstance(workbench, 'lab');
    expect(card.storage_options?.conditions).toBe('ignored');
    const plain = { ...card, storage_options: { endpoint_url: proxy.endpoint } };
    for (const one of [card, plain]) {
      await whileSignedIn(workbench, card, async (signedIn) => {
        const reached = await reachPlace(signedIn, one);
        if (reached === null) throw new Error('no place');
        const turn = { place: reached.place, self: selfOf(signedIn, card.uid), now: () => '', unchangedFor: () => 0 };
        await expect(takeTurn(turn)).rejects.toMatchObject({ code: 'not_supported' });
      });
    }
    expect(await left()).toEqual(['.lamindb/storage_uid.txt']);
  });

  test('one that keeps to them gets no warning', async () => {
    const { open } = await bench.instance();
    await addStorage(open, { root: root(), watch: false });
    expect((await storagesOfComputer(open)).items.map(({ warning }) => warning)).toEqual([null, null]);
    expect(await left()).toEqual(['.lamindb/storage_uid.txt']);
  });
});
