/** Files of web servers and of Hugging Face, registered where they are. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeHash } from '../../shared/hash-encoding.ts';
import { cacheArtifact, describeArtifact, readContext } from '../../src-main/artifacts/index.ts';
import { keptSignIns, openStores, storageTree } from '../../src-main/storage/index.ts';
import { authority, file, startWeb, type WebServer } from '../stores/start-web.ts';
import { ended, openArtifacts, type TestArtifacts } from './open-artifacts.ts';

const COMMIT = 'c'.repeat(40);
let web: WebServer;
let lab: TestArtifacts;
beforeEach(async () => {
  web = await startWeb();
  lab = await openArtifacts();
  const stores = openStores({ web: { ca: authority(), hubUrl: web.origin, fetch: hubFetch } });
  lab.context.stores = stores.ofInstance(keptSignIns(lab.context.workstation));
});
afterEach(async () => {
  lab.context.stores.close();
  await lab.close();
  await web.stop();
});

const content = Buffer.from('a,b\n1,2\n');
const sha256 = createHash('sha256').update(content).digest('hex');
const GIT = createHash('sha1').update('blob 8\0').update(content).digest('hex');

/** The hub's answers about files; their bytes come from the web server. */
function hubFetch(input: unknown, init?: { body?: unknown }): Promise<Response> {
  const { pathname } = new URL(String(input));
  const lfs = { oid: sha256, size: 8, pointerSize: 130 };
  const all = [
    { type: 'file', path: 'data/a.csv', oid: GIT, size: 8 },
    { type: 'file', path: 'data/b.csv', oid: '3'.repeat(40), size: 8, lfs },
  ];
  if (pathname.includes('/tree/'))
    return Promise.resolve(
      Response.json(all.filter(({ path }) => !pathname.endsWith('.csv') || pathname.endsWith(path))),
    );
  const { paths } = JSON.parse(String(init?.body)) as { paths: string[] };
  const lastCommit = { id: COMMIT, title: '', date: '2026-01-01T00:00:00Z' };
  return Promise.resolve(
    Response.json(all.filter(({ path }) => paths.includes(path)).map((each) => ({ ...each, lastCommit }))),
  );
}

test('a file of a web server: its ETag tells whether it is the same, its server is a linked storage', async () => {
  web.answers.set(
    '/plates/a%201.csv',
    file(() => content, '"v1"'),
  );
  const { items, warnings } = await lab.save(`${web.origin}/plates/a%201.csv`);
  expect(items[0]).toMatchObject({
    key: 'plates/a 1.csv',
    suffix: '.csv',
    size: 8,
    hash: encodeHash(createHash('md5').update('v1').digest()),
    hash_type: 'md5-etag',
    sha256: null,
    state: 'unverified',
    storage: { root: web.origin, type: 'https', region: null },
  });
  expect(warnings.join()).toContain('no checksum');
  expect((await lab.saveOne(`${web.origin}/plates/a%201.csv`)).uid).toBe(items[0]?.uid);
  const { notes } = await lab.verify({ artifacts: [items[0]?.uid ?? ''] });
  expect(notes?.[0]?.note).toContain('md5-etag');
  expect(await lab.row(items[0]?.uid ?? '')).toMatchObject({ sha256, state: 'ok' });
  web.answers.set(
    '/plates/a%201.csv',
    file(() => Buffer.from('other'), '"v2"'),
  );
  expect((await lab.saveOne(`${web.origin}/plates/a%201.csv`)).uid.slice(0, 16)).toBe(items[0]?.uid.slice(0, 16));
  await expect(lab.save(`${web.origin}/nothing`)).rejects.toMatchObject({ code: 'file_not_found' });
  await expect(lab.save(`${web.origin}/plates/`)).rejects.toMatchObject({ code: 'not_supported' });
  // S-07: what leads out of a folder on a disk is no name in the registry.
  web.answers.set(
    '/a/..%2F..%2Fetc',
    file(() => content, '"x"'),
  );
  await expect(lab.save(`${web.origin}/a/..%2F..%2Fetc`)).rejects.toMatchObject({ code: 'invalid_key' });
  expect(await lab.saveOne(`${web.origin}/a/..%2F..%2Fetc`, { key: 'named' })).toMatchObject({ key: 'named' });
});

test('of Hugging Face, files and folders, by what the hub tells of them', async () => {
  for (const name of ['a', 'b'])
    for (const revision of [COMMIT, 'main'])
      web.answers.set(
        `/datasets/lab/plates/resolve/${revision}/data/${name}.csv`,
        file(() => content, '"x"'),
      );
  const [git, lfs, folder] = (
    await lab.save(['a.csv', 'b.csv', ''].map((name) => `hf://datasets/lab/plates/data/${name}`.replace(/\/$/, '')))
  ).items;
  expect(git).toMatchObject({
    hash: encodeHash(Buffer.from(GIT, 'hex')),
    hash_type: 'sha1',
    sha256: null,
    key: 'data/a.csv',
  });
  // The hub names what it keeps as LFS by its SHA-256.
  expect(lfs).toMatchObject({ hash: encodeHash(Buffer.from(sha256, 'hex')), hash_type: 'sha256', sha256, state: 'ok' });
  expect(folder).toMatchObject({
    n_files: 2,
    size: 16,
    hash_type: 'md5-d',
    storage: { root: 'hf://datasets/lab/plates', type: 'hf' },
  });
  expect(await lab.verify({ all: true })).toMatchObject({ checked: 3, ok: 3, failed: [] });
  expect(await storageTree(lab.context, { storage: 'hf://datasets/lab/plates' })).toMatchObject({
    n_files: 2,
    n_folders: 1,
    size: 16,
  });
});

test('what a file of Hugging Face was before can still be had: from the commit that made it', async () => {
  const texts = new Map([
    ['1'.repeat(40), 'the first'],
    ['2'.repeat(40), 'another'],
  ]);
  /** As of now; the newest commit changed another file. */
  let commits = ['1'.repeat(40)];
  const oidOf = (text: string): string => createHash('sha1').update(text).digest('hex');
  const madeBy = (at: string): string => commits.slice(commits.indexOf(at)).find((id) => texts.has(id)) ?? '';
  const hub = (input: unknown): Promise<Response> => {
    const { pathname } = new URL(String(input));
    if (pathname.includes('/commits/'))
      return Promise.resolve(
        Response.json(
          commits.map((id) => ({ id, title: 't', message: '', authors: [], date: '2026-01-01T00:00:00Z' })),
        ),
      );
    if (pathname.includes('/tree/')) return Promise.resolve(new Response(null, { status: 404 }));
    const at = pathname.slice(pathname.lastIndexOf('/') + 1);
    const id = madeBy(at === 'main' ? (commits[0] ?? '') : at);
    const text = texts.get(id) ?? '';
    const lastCommit = { id, title: '', date: '2026-01-01T00:00:00Z' };
    return Promise.resolve(
      Response.json([{ type: 'file', path: 'a.csv', oid: oidOf(text), size: text.length, lastCommit }]),
    );
  };
  for (const [id, text] of texts)
    web.answers.set(
      `/datasets/lab/plates/resolve/${id}/a.csv`,
      file(() => Buffer.from(text), '"x"'),
    );
  const stores = openStores({ web: { ca: authority(), hubUrl: web.origin, fetch: hub } });
  lab.context.stores = stores.ofInstance(keptSignIns(lab.context.workstation));
  const first = await lab.saveOne('hf://datasets/lab/plates/a.csv');
  commits = ['3'.repeat(40), '2'.repeat(40), '4'.repeat(40), '1'.repeat(40)];
  const second = await lab.saveOne('hf://datasets/lab/plates/a.csv');
  expect(second.uid.slice(0, 16)).toBe(first.uid.slice(0, 16));
  const { uid } = first;
  expect((await describeArtifact(readContext(lab.context), { artifact: uid })).copies[0]?.path).toContain('a.csv@1111');
  const { path } = await ended(cacheArtifact(lab.context, { artifact: uid, to: null }));
  expect(readFileSync(path, 'utf8')).toBe('the first');
  expect(await lab.row(uid)).toMatchObject({ state: 'ok' });
});
