/** Repositories of Hugging Face, by a hub on loopback that answers as the real one does. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHfStore } from '../../../src-main/storage/objects/hf-store.ts';
import { parseHf, parseWebAddress } from '../../../src-main/storage/objects/web-root.ts';
import { startWeb, file, type WebServer } from '../../stores/start-web.ts';
import { allOf } from './content.ts';

const COMMIT = 'c'.repeat(40);
const large = Buffer.alloc(100_000, 'large');
const files = new Map<
  string,
  { oid: string; content: Buffer; lfs?: { oid: string; size: number; pointerSize: number } }
>([
  ['README.md', { oid: '1'.repeat(40), content: Buffer.from('# read me') }],
  ['data/größe 1.csv', { oid: '2'.repeat(40), content: Buffer.from('a,b') }],
  [
    'data/large.bin',
    {
      oid: '3'.repeat(40),
      content: large,
      lfs: { oid: createHash('sha256').update(large).digest('hex'), size: large.length, pointerSize: 130 },
    },
  ],
  ['data-2.csv', { oid: '4'.repeat(40), content: Buffer.from('x') }],
]);

let hub: WebServer;
let other: WebServer;
beforeEach(async () => {
  hub = await startWeb({ tls: false });
  other = await startWeb({ tls: false });
  hub.answers.set('*', (request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/\?.*$/, ''));
    const entry = ([name, { oid, content, lfs }]: [string, NonNullable<ReturnType<typeof files.get>>]) => ({
      type: 'file',
      path: name,
      oid,
      size: content.length,
      ...(lfs && { lfs }),
    });
    const send = (value: unknown, headers = {}) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (path.includes('/gated/'))
      return void response.writeHead(request.headers.authorization === undefined ? 401 : 403).end();
    if (path.includes('/busy/')) return void response.writeHead(429, { 'retry-after': '300' }).end();
    if (path.includes('/away/')) return void send([], { link: `<${other.origin}/api/next>; rel="next"` });
    const tree = /^\/api\/datasets\/lab\/plates\/tree\/main(?:\/(?<folder>.*))?$/.exec(path);
    if (tree !== null) {
      const folder = tree.groups?.['folder'];
      const found = [...files].filter(([name]) => folder === undefined || name.startsWith(`${folder}/`));
      if (found.length === 0) return void response.writeHead(404).end();
      return void send(found.reverse().map(entry));
    }
    if (/^\/api\/datasets\/lab\/plates\/paths-info\/(?:main|c{40})$/.test(path)) {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { paths } = JSON.parse(body) as { paths: string[] };
        const found = [...files].filter(([name]) => paths.includes(name)).map(entry);
        send(found.map((each) => ({ ...each, lastCommit: { id: COMMIT, title: 't', date: '2026-01-01T00:00:00Z' } })));
      });
      return;
    }
    const resolve = /^\/datasets\/lab\/plates\/resolve\/(?<rev>[^/]+)\/(?<name>.+)$/.exec(path)?.groups;
    const found = files.get(resolve?.['name'] ?? '');
    if (found?.lfs !== undefined) return void response.writeHead(302, { location: `${other.origin}/blob` }).end();
    if (found !== undefined && resolve?.['rev'] === COMMIT)
      return void file(() => found.content, `"${found.oid}"`)(request, response);
    response.writeHead(404).end();
  });
  other.answers.set(
    '/blob',
    file(() => large, '"blob"'),
  );
});
afterEach(async () => {
  await hub.stop();
  await other.stop();
});

/** What the hub leads to is on loopback, too: a test's `elsewhere` says that it may be. */
const open = (root: string, token?: string, elsewhere = true) =>
  openHfStore(
    { type: 'hf', root },
    {
      hubUrl: hub.origin,
      ...(token === undefined ? {} : { token }),
      ...(elsewhere ? { mayBePrivate: () => true } : {}),
    },
  );

test('lists in the order of names, tells what the hub knows, reads what one commit has', async () => {
  const store = await open('hf://datasets/lab/plates', 'hf_secret');
  expect((await allOf(store.list(''))).map(({ key }) => key)).toEqual([
    'README.md',
    'data-2.csv',
    'data/größe 1.csv',
    'data/large.bin',
  ]);
  expect((await allOf(store.list('data/'))).map(({ key }) => key)).toEqual(['data/größe 1.csv', 'data/large.bin']);
  expect(await allOf(store.list('nothing/'))).toEqual([]);
  expect(await store.stat('data')).toBe(null);
  const small = await store.stat('data/größe 1.csv');
  expect(small).toMatchObject({ size: 3, etag: '2'.repeat(40), version: COMMIT, checksums: {} });
  if (small === null) throw new Error('nothing');
  expect(String(await store.readRange(small.key, 1, 9, { of: small }))).toBe(',b');
  const big = await store.stat('data/large.bin');
  expect(big?.checksums.sha256).toBe(createHash('sha256').update(large).digest('hex'));
  if (big === null) throw new Error('nothing');
  expect(await store.readRange(big.key, 500, 20, { of: big })).toEqual(large.subarray(500, 520));
  // S-10: what opens the hub goes nowhere else.
  expect(hub.seen.every(({ headers }) => headers.authorization === 'Bearer hf_secret')).toBe(true);
  expect(other.seen).toHaveLength(1);
  expect(other.seen[0]?.headers.authorization).toBe(undefined);
  store.close();
});

test('S-10 gated, too often, and pages that lead elsewhere are told with what to do', async () => {
  await expect((await open('hf://gated/model')).stat('a')).rejects.toMatchObject({
    code: 'not_signed_in',
    remedy: expect.stringContaining('HF_TOKEN') as string,
  });
  await expect((await open('hf://gated/model', 'hf_x')).stat('a')).rejects.toMatchObject({ code: 'not_allowed' });
  await expect(allOf((await open('hf://datasets/busy/x')).list(''))).rejects.toMatchObject({
    code: 'offline',
    remedy: 'Try again in 5 minutes.',
    details: { retry_after: 300 },
  });
  await expect(allOf((await open('hf://datasets/away/x', 'hf_x')).list(''))).rejects.toMatchObject({
    code: 'not_allowed',
  });
  expect(other.seen).toEqual([]);
});

test("S-10 a hub of one's own is asked, and where it leads into a private network is not", async () => {
  const store = await open('hf://datasets/lab/plates', 'hf_secret', false);
  const big = await store.stat('data/large.bin');
  if (big === null) throw new Error('nothing');
  await expect(store.readRange(big.key, 0, 5, { of: big })).rejects.toMatchObject({ code: 'not_allowed' });
  expect(other.seen).toEqual([]);
  store.close();
});

test('F-UP08 a repository or revision that is not there is no object that is gone', async () => {
  const missing = { code: 'bucket_not_found', retry: true };
  for (const root of ['hf://datasets/lab/renamed', 'hf://datasets/lab/plates@v9']) {
    const store = await open(root);
    await expect(store.stat('data/large.bin')).rejects.toMatchObject(missing);
    await expect(allOf(store.list(''))).rejects.toMatchObject(missing);
    await expect(allOf(store.list('data/'))).rejects.toMatchObject(missing);
  }
  const store = await open('hf://datasets/lab/plates');
  expect(await store.stat('data/nothing')).toBe(null);
  expect(await store.stat('data/large.bin', { version: COMMIT })).toMatchObject({ size: large.length });
  await expect(store.stat('data/large.bin', { version: 'd'.repeat(40) })).rejects.toMatchObject(missing);
});

test('addresses', () => {
  expect(parseHf('hf://datasets/lab/plates@v1.0/a/b.csv')).toEqual({
    repo: { type: 'dataset', name: 'lab/plates' },
    revision: 'v1.0',
    path: 'a/b.csv',
  });
  expect(parseHf('hf://lab/model@refs%2Fpr%2F1')).toMatchObject({
    repo: { type: 'model' },
    revision: 'refs/pr/1',
    path: '',
  });
  expect(parseHf('hf://spaces/a/b/x')).toMatchObject({ repo: { type: 'space', name: 'a/b' }, path: 'x' });
  for (const wrong of ['hf://', 'hf://datasets/x', 'hf://../..', 'hf://a/b@../x', 'hf://a b/c'])
    expect(() => parseHf(wrong), wrong).toThrow();
  expect(parseWebAddress('https://h.org:8443/a%20b/c.csv?x=1')).toEqual({
    root: { type: 'https', root: 'https://h.org:8443' },
    key: 'a%20b/c.csv?x=1',
  });
  for (const secret of [
    'https://u:p@h/a',
    'https://h/a?X-Amz-Signature=canary',
    'https://h/a?token=canary',
    'http://h/a',
  ]) {
    expect(() => parseWebAddress(secret), secret).toThrow();
    try {
      parseWebAddress(secret);
    } catch (error) {
      expect(String(error)).not.toContain('canary');
    }
  }
});
