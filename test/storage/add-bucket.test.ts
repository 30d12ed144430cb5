/** Buckets as storages: whose marker lies in them, and that nobody else's is written over. */
import { describe, expect, test } from 'vitest';
import { addStorage } from '../../src-main/storage/index.ts';
import { readObjectMarker, writeObjectMarker } from '../../src-main/storage/object-marker.ts';
import type { Bench } from '../instance/open-bench.ts';
import type { FaultProxy } from '../stores/fault-proxy.ts';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { useBucketBench } from './use-bucket-bench.ts';

const OTHERS = { uid: 'oThers000001', instanceUid: 'oTher0000001', instanceName: 'others', owner: 'ada' };

describe('adding a bucket', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  let proxy: FaultProxy;
  let bench: Bench;
  let folder = '';
  useBucketBench(server, 'adding', (made) => {
    ({ proxy, bench, folder } = made);
  });
  const root = (name: string, endpoint = proxy.endpoint): string =>
    `s3://${server().bucket}/${folder}/${name}?endpoint_url=${endpoint}`;
  const direct = (name: string) => openS3At(root(name, server().endpoint), server().env);

  test('one of others and its replica, with the same marker in it, are two storages', async () => {
    const { open } = await bench.instance();
    for (const name of ['lab', 'lab-copy']) {
      const store = await direct(name);
      await writeObjectMarker(store, OTHERS);
      store.close();
    }
    const add = (name: string) => addStorage(open, { root: root(name), managed: false, watch: false });
    expect((await add('lab')).items[0]?.uid).toBe(OTHERS.uid);
    expect((await add('lab-copy')).items[0]?.uid).toMatch(/^(?!oThers)\w{12}$/);
  });

  test('F-UP24 the marker of somebody who is faster stays, also where the store ignores conditions', async () => {
    const { open } = await bench.instance();
    proxy.spoil({ method: 'PUT' }, 999, 'drop condition');
    const store = await direct('lab');
    const stores = {
      ...open.stores,
      open: async (...words: Parameters<typeof open.stores.open>) => ({
        ...(await open.stores.open(...words)),
        // Asked once nobody's marker was found.
        async region() {
          await writeObjectMarker(store, OTHERS);
          return null;
        },
      }),
    };
    const adding = addStorage({ ...open, stores }, { root: root('lab'), watch: false });
    await expect(adding).rejects.toMatchObject({ code: 'already_exists' });
    expect((await readObjectMarker(store))?.uid).toBe(OTHERS.uid);
    store.close();
  });
});
