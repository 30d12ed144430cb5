import { expect, test } from 'vitest';
import { startFaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { killUploads, objectOf } from './kill-uploads.ts';
import { openUpload } from './upload-bench.ts';

const server = useS3('versitygw');
const MIB = 1024 ** 2;

test(
  'F-UP18 killed in the middle, an upload goes on: no part that has arrived is sent again',
  { timeout: 120_000 },
  async () => {
    const proxy = await startFaultProxy(server().endpoint);
    const parts = 8;
    const root = `s3://${server().bucket}/killed?endpoint_url=${proxy.endpoint}`;
    const bench = await openUpload(root, { ...server().env }, parts * 16 * MIB);
    try {
      const killed = await bench.upload('store.send.after#4');
      expect(killed.signal).toBe('SIGKILL');
      const first = proxy.seen({ kind: 'part' }).length;
      expect((await bench.upload()).code).toBe(0);
      // Those that were on their way when it was killed may come twice.
      expect(proxy.seen({ kind: 'part' }).length).toBeLessThanOrEqual(parts + 4);
      expect(proxy.seen({ kind: 'part' }).length - first).toBeLessThan(parts);
      expect(bench.judge(await objectOf(server(), 'killed', bench.uid))).toEqual([]);
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
    expect(await killUploads(server(), 16)).toEqual([]);
  },
);
