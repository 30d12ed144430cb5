/** The tree of a bucket: of any number of objects, without holding up the thread, and never outside of anything. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TreeFolder } from '../../shared/contract/index.ts';
import { saveArtifacts } from '../../src-main/artifacts/index.ts';
import { storageTree } from '../../src-main/storage/index.ts';
import { treeOfObjects } from '../../src-main/storage/tree-of-objects.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { startList } from './start-list.ts';

const OBJECTS = 100_000;
const LIMITS = { levels: 4, folders: 100, files: 100, named: 1000 };

async function* each(objects: readonly { key: string; size: number }[]): AsyncGenerator<{ key: string; size: number }> {
  for (const object of objects) yield await Promise.resolve(object);
}

test('counts all there is, whatever the names', async () => {
  const part = fc.oneof(
    fc.constantFrom('a', 'b', '..', '.', '', 'ü', 'a.csv', 'x\ty'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const key = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join('/'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(key, fc.nat(9)), { selector: ([name]) => name }), async (pairs) => {
      const objects = pairs
        .map(([name, size]) => ({ key: name, size }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      const counted = await treeOfObjects(each(objects), 'root', LIMITS);
      const files = objects.filter(({ key: name, size }) => (!name.endsWith('/') && name !== '' ? true : size > 0));
      const folders = new Set(
        objects.flatMap(({ key: name }) =>
          name
            .split('/')
            .slice(0, -1)
            .map((_, i, all) => JSON.stringify(all.slice(0, i + 1))),
        ),
      );
      expect(counted).toMatchObject({
        n_files: files.length,
        n_folders: folders.size,
        size: files.reduce((sum, { size }) => sum + size, 0),
      });
      expect(counted.suffixes.reduce((sum, { n }) => sum + n, 0)).toBe(files.length);
    }),
  );
});

test('names so many folders in all, those above before those below', async () => {
  const objects = Array.from({ length: 90 * 90 }, (_, n) => ({
    key: `${String(Math.floor(n / 90) + 100)}/${String((n % 90) + 100)}/x/a.csv`,
    size: 1,
  }));
  const { tree } = await treeOfObjects(each(objects), 'root', LIMITS);
  expect(tree.folders).toHaveLength(90);
  expect(namedIn(tree)).toBeLessThanOrEqual(1000);
  expect(tree.folders[0]?.folders.length).toBe(90);
});

function namedIn({ folders }: TreeFolder): number {
  return folders.reduce((sum, folder) => sum + 1 + namedIn(folder), 0);
}

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(async () => {
  await bench.remove();
  vi.unstubAllEnvs();
});

/** Ms that each look at the clock takes here: no other time passes. */
const LOOK = 0.02;

interface Turns<T> {
  result: T;
  /** Looks at the clock in all, and the most of them between two turns of others. */
  looks: number;
  most: number;
}

/** Long work looks at the clock for each object, and gives way when it was at it for long enough (`ports/give-way.ts`). */
async function turnsOf<T>(run: () => Promise<T>): Promise<Turns<T>> {
  const real = performance.now();
  let [looks, last, most] = [0, 0, 0];
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => real + ++looks * LOOK);
  const over = { is: false };
  const others = async (): Promise<void> => {
    while (!over.is) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, looks - last);
      last = looks;
    }
  };
  const running = others();
  try {
    const result = await run();
    return { result, looks, most };
  } finally {
    over.is = true;
    await running;
    clock.mockRestore();
  }
}

test('a hundred thousand objects: counted, and one artifact, with the thread free for others', async () => {
  const { pages, endpoint, close } = await startList(OBJECTS);
  for (const [name, value] of Object.entries({
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_REGION: 'eu-north-1',
  }))
    vi.stubEnv(name, value);
  try {
    const { open } = await bench.instance();
    const tree = await turnsOf(() => storageTree(open, { storage: `s3://big?endpoint_url=${endpoint}` }));
    expect(tree.result).toMatchObject({
      root: 's3://big',
      region: 'eu-north-1',
      n_files: OBJECTS,
      n_folders: 1001,
      size: 1_000_000,
    });
    expect(tree.result.tree.folders[0]).toMatchObject({ name: 'many', n_files: OBJECTS, truncated: true });
    const saved = await turnsOf(() =>
      ended(saveArtifacts(open, { paths: [`s3://big/many?endpoint_url=${endpoint}`], labels: [], new: false })),
    );
    expect(saved.result.items[0]).toMatchObject({ n_files: OBJECTS, size: 1_000_000, hash_type: 'md5-d' });
    for (const { looks, most } of [tree, saved]) {
      expect(looks).toBeGreaterThan(OBJECTS);
      // 10 ms of work at the most. How long that is on a real clock, `npm run bench held-up` measures.
      expect(most * LOOK).toBeLessThan(10);
    }
    // What is taken apart in one go is one page.
    expect(Math.max(...pages)).toBeLessThanOrEqual(1000);
  } finally {
    close();
  }
});
