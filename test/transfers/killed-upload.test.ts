import { expect, test } from 'vitest';
import { startFaultProxy } from '../stores/fault-proxy.ts';
import { useOutside } from '../stores/use-outside.ts';
import { planOf } from './kill-at-half.ts';
import { killUploads, objectOf } from './kill-uploads.ts';
import { openUpload } from './upload-bench.ts';

const store = useOutside('s3');
const google = useOutside('gs');
const MIB = 1024 ** 2;

test(
  'F-UP18 killed in the middle, an upload goes on: no part that has arrived is sent again',
  { timeout: 120_000 },
  async () => {
    const proxy = await startFaultProxy(store().endpoint);
    const parts = 8;
    const { parallel } = await planOf(store(), parts * 8 * MIB);
    const bench = await openUpload(store().root('killed', proxy.endpoint), store().env, parts * 8 * MIB);
    try {
      const killed = await bench.upload('store.send.after#4');
      expect(killed.signal).toBe('SIGKILL');
      const first = proxy.seen({ kind: 'part' }).length;
      expect((await bench.upload()).code).toBe(0);
      // Those that were on their way when it was killed may come twice.
      expect(proxy.seen({ kind: 'part' }).length).toBeLessThanOrEqual(parts + parallel);
      expect(proxy.seen({ kind: 'part' }).length - first).toBeLessThan(parts);
      expect(bench.judge(await objectOf(store(), 'killed', bench.uid))).toEqual([]);
    } finally {
      await bench.close();
      await proxy.stop();
    }
  },
);

test(
  'F-UP18 killed at a sample of points, an upload comes to its end when it is asked for again',
  { timeout: 300_000 },
  async () => {
    expect(await killUploads(store(), 60)).toEqual([]);
  },
);

test(
  'F-UP18 killed at a sample of points, an upload to Google Cloud comes to its end when it is asked for again',
  { timeout: 300_000 },
  async () => {
    expect(await killUploads(google(), 150)).toEqual([]);
  },
);
