/** The tree of a bucket: of any number of objects, without holding up the thread, and never outside of anything. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TreeFolder } from '../../shared/contract/index.ts';
import { saveArtifacts } from '../../src-main/artifacts/index.ts';
import { storageTree } from '../../src-main/storage/index.ts';
import { treeOfObjects } from '../../src-main/storage/tree-of-objects.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

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

/** Answers lists of `total` objects, as S3 does. */
async function startList(total: number): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const isList = searchParams.get('list-type') === '2';
    const isBucket = request.method === 'HEAD' && pathname.split('/').length < 3;
    response.writeHead(isList || isBucket ? 200 : 404, {
      'x-amz-bucket-region': 'eu-north-1',
      'content-type': 'application/xml',
    });
    const from = Number(searchParams.get('continuation-token') ?? 0);
    if (isList) response.end(pageOf(total, from, Number(searchParams.get('max-keys') ?? 1000)));
    else response.end(request.method === 'HEAD' ? undefined : '<Error><Code>NoSuchKey</Code></Error>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

function pageOf(total: number, from: number, most: number): string {
  const contents = Array.from({ length: Math.min(most, total - from) }, (_, i) => {
    const [run, n] = [Math.floor((from + i) / 100), (from + i) % 100].map(String);
    const key = `many/run-${(run ?? '').padStart(5, '0')}/${(n ?? '').padStart(3, '0')}.csv`;
    const etag = (from + i).toString(16).padStart(32, '0');
    return `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>10</Size></Contents>`;
  });
  const isMore = from + most < total;
  const next = isMore ? `<NextContinuationToken>${String(from + most)}</NextContinuationToken>` : '';
  return `<?xml version="1.0"?><ListBucketResult><Name>big</Name><IsTruncated>${String(isMore)}</IsTruncated>${next}<EncodingType>url</EncodingType>${contents.join('')}</ListBucketResult>`;
}

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(async () => {
  await bench.remove();
  vi.unstubAllEnvs();
});

/** The most work that this thread did in one go, in ms of its own time: other programs don't count. */
async function longestTurn<T>(run: () => Promise<T>): Promise<{ longest: number; over: number; result: T }> {
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let [last, longest, over] = [used(), 0, 0];
  const pulse = setInterval(() => {
    const now = used();
    if (now - last > 10) over += 1;
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  try {
    const result = await run();
    return { longest, over, result };
  } finally {
    clearInterval(pulse);
  }
}

test(
  'a hundred thousand objects: counted, and one artifact, with the thread free for others',
  { timeout: 120_000 },
  async () => {
    const { server, endpoint } = await startList(100_000);
    for (const [name, value] of Object.entries({
      AWS_ACCESS_KEY_ID: 'k',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_REGION: 'eu-north-1',
    }))
      vi.stubEnv(name, value);
    try {
      const { open } = await bench.instance();
      // The client of S3 is read once, which takes a second.
      await import('@aws-sdk/client-s3');
      const tree = await longestTurn(() => storageTree(open, { storage: `s3://big?endpoint_url=${endpoint}` }));
      expect(tree.result).toMatchObject({
        root: 's3://big',
        region: 'eu-north-1',
        n_files: 100_000,
        n_folders: 1001,
        size: 1_000_000,
      });
      expect(tree.result.tree.folders[0]).toMatchObject({ name: 'many', n_files: 100_000, truncated: true });
      const saved = await longestTurn(() =>
        ended(saveArtifacts(open, { paths: [`s3://big/many?endpoint_url=${endpoint}`], labels: [], new: false })),
      );
      expect(saved.result.items[0]).toMatchObject({ n_files: 100_000, size: 1_000_000, hash_type: 'md5-d' });
      // Of the whole, with the server's own part of it: now and then a collection of garbage.
      for (const { over, longest } of [tree, saved]) {
        expect(over).toBeLessThan(20);
        expect(longest).toBeLessThan(100);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);
