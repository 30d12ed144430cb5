import { expect, test } from 'vitest';
import { startFaultProxy } from '../stores/fault-proxy.ts';
import { useOutside } from '../stores/use-outside.ts';
import { openFolderBench } from './folder-bench.ts';
import { killFolders } from './kill-folders.ts';

const store = useOutside('s3');
const google = useOutside('gs');

test.each(['upload', 'save'] as const)(
  'F-UP18 killed at a sample of points, the %s of a folder comes to its end when it is asked for again',
  { timeout: 400_000 },
  async (how) => {
    expect(await killFolders(store(), how, 2)).toEqual([]);
  },
);

test.each(['upload', 'save'] as const)(
  'F-UP18 killed at a sample of points, the %s of a folder to Google Cloud comes to its end when it is asked for again',
  { timeout: 400_000 },
  async (how) => {
    expect(await killFolders(google(), how, 1)).toEqual([]);
  },
);

test(
  'F-UP18 killed in the middle of a folder: at most one member for each that was on its way is sent again',
  { timeout: 120_000 },
  async () => {
    const proxy = await startFaultProxy(store().endpoint);
    const members = 400;
    const bench = await openFolderBench(store().root('killed-folder', proxy.endpoint), store().env, 'upload', members);
    try {
      expect((await bench.run('store.put.after#300')).signal).toBe('SIGKILL');
      proxy.reset();
      expect((await bench.run()).code).toBe(0);
      expect(proxy.seen({ method: 'PUT', url: /\.bin/ }).length).toBeLessThanOrEqual(members - 300 + 8);
      expect(await bench.judge(store(), 'killed-folder')).toEqual([]);
    } finally {
      await bench.close();
      await proxy.stop();
    }
  },
);
