/** Tests with a Google Cloud Storage of their own, and a folder of it in which nothing is for each. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest';
import { openGcsStore } from '../../src-main/storage/objects/gcs-store.ts';
import type { ObjectStore } from '../../src-main/storage/objects/object-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../src-main/storage/objects/store-options.ts';
import { impatientClock, type ImpatientClock } from './gcs-requests.ts';
import type { GcsShim } from './gcs-shim.ts';
import { startGcs, type Gcs } from './start-gcs.ts';

export interface GcsTest {
  gcs: Gcs;
  shim: GcsShim;
  root: CloudRoot;
  clock: ImpatientClock;
  store: ObjectStore;
}

/** What is in `test` is that of the test that runs. */
export function describeGcs(name: string, tests: (test: GcsTest) => void): void {
  const missing = inject('storesMissing')['fake-gcs-server'];
  const why = missing === null ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== null)(name + why, () => {
    const test = {} as GcsTest;
    let folder = 0;

    beforeAll(async () => {
      test.gcs = await startGcs();
      test.shim = test.gcs.shim;
    });
    afterAll(() => test.gcs.stop());

    beforeEach(async () => {
      const root = parseCloudRoot(test.gcs.root.replace('?', `/test-${String(++folder)}?`));
      if (root === null) throw new Error('no root');
      test.root = root;
      test.clock = impatientClock();
      test.store = await openGcsStore(root, {}, { clock: test.clock, random: () => Uint8Array.of(128) });
      test.shim.seen.length = 0;
    });
    afterEach(() => {
      test.store.close();
      test.shim.heal();
    });
    tests(test);
  });
}
