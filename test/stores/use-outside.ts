/** The store of one kind that all tests of a suite share, for programs that run beside the test. */
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { outsideStore, type OutsideStore, type StoreKind } from './outside-store.ts';
import { startGcs } from './start-gcs.ts';
import { startS3 } from './start-s3.ts';

/** What they are called in the names of tests. */
export const STORE_KINDS = [
  ['S3', 's3'],
  ['Google Cloud', 'gs'],
] as const satisfies readonly (readonly [string, StoreKind])[];

/** Without its server the tests are skipped, with the reason. It lives as long as they do, whatever dies meanwhile. */
export function useOutside(kind: StoreKind): () => OutsideStore {
  const why = inject('storesMissing')[kind === 's3' ? 'versitygw' : 'fake-gcs-server'];
  let store: OutsideStore | null = null;
  let stop = (): Promise<void> => Promise.resolve();
  beforeAll(async () => {
    if (why !== null) return;
    if (kind === 's3') {
      const server = await startS3('versitygw');
      const { endpoint, bucket, env } = server;
      store = outsideStore({ kind, endpoint, bucket, env: { ...env } });
      stop = () => server.remove();
    } else {
      const gcs = await startGcs();
      store = outsideStore({ kind, endpoint: gcs.endpoint, bucket: gcs.bucket, env: {} });
      stop = () => gcs.stop();
    }
  });
  beforeEach((context) => {
    context.skip(why !== null, why ?? '');
  });
  afterAll(async () => {
    store?.close();
    await stop();
  });
  return () => {
    if (store === null) throw new Error('its server is not running');
    return store;
  };
}
