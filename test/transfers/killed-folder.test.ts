import { expect, test } from 'vitest';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { startFaultProxy } from '../stores/fault-proxy.ts';
import { openFolderBench } from './folder-bench.ts';
import { killFolders } from './kill-folders.ts';

const server = useS3('versitygw');

test.each(['upload', 'save'] as const)(
  'F-UP18 killed at a sample of points, the %s of a folder comes to its end when it is asked for again',
  { timeout: 400_000 },
  async (how) => {
    expect(await killFolders(server(), how, 3)).toEqual([]);
  },
);

test(
  'F-UP18 killed in the middle of a folder: at most one member for each that was on its way is sent again',
  { timeout: 120_000 },
  async () => {
    const proxy = await startFaultProxy(server().endpoint);
    const root = `s3://${server().bucket}/killed-folder?endpoint_url=${proxy.endpoint}`;
    const members = 400;
    const bench = await openFolderBench(root, { ...server().env }, 'upload', members);
    try {
      expect((await bench.run('store.put.after#300')).signal).toBe('SIGKILL');
      proxy.reset();
      expect((await bench.run()).code).toBe(0);
      expect(proxy.seen({ method: 'PUT', url: /\.bin/ }).length).toBeLessThanOrEqual(members - 300 + 8);
      const store = await openS3At(
        `s3://${server().bucket}/killed-folder?endpoint_url=${server().endpoint}`,
        server().env,
      );
      expect(await bench.judge(store)).toEqual([]);
    } finally {
      await bench.close();
      await proxy.stop();
    }
  },
);
