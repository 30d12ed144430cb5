import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addStorage, storageTree } from '../../src-main/storage/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test(
  'a tree of many files is whole, its answer small, and the thread free for others meanwhile',
  { timeout: 60_000 },
  async () => {
    const { open } = await bench.instance();
    const root = bench.folder('many');
    for (let f = 0; f < 200; f++) {
      const folder = join(root, `run-${String(f).padStart(4, '0')}`);
      mkdirSync(folder);
      for (let n = 0; n < 100; n++) writeFileSync(join(folder, `${String(n)}.csv`), '');
    }
    await addStorage(open, { root, managed: false, watch: false });
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    const tree = await storageTree(open, { storage: root });
    clearInterval(turning);
    expect(tree).toMatchObject({ n_files: 20_000, n_folders: 200, suffixes: [{ suffix: '.csv', n: 20_000 }] });
    expect(tree.tree).toMatchObject({ n_files: 20_000, truncated: true });
    expect(tree.tree.folders).toHaveLength(100);
    expect(turns).toBeGreaterThan(3);
  },
);
