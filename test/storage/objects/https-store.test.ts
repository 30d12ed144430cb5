/** Files of a web server: conditions, redirects, and what is refused (S-10). */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readObject } from '../../../src-main/storage/objects/read-object.ts';
import { openHttpsStore } from '../../../src-main/storage/objects/https-store.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { authority, file, startWeb, type Answer, type WebServer } from '../../stores/start-web.ts';
import { bytesOf } from './content.ts';

const content = bytesOf(300_000);
const tools = { signal: new AbortController().signal, onBytes: () => undefined };
let web: WebServer;
let store: ObjectStore;
/** Somebody here named this server, which is on loopback. */
const isOwn = ({ origin }: URL): boolean => origin === web.origin;
beforeEach(async () => {
  web = await startWeb();
  store = await openHttpsStore({ type: 'https', root: web.origin }, { ca: authority(), mayBePrivate: isOwn });
});
afterEach(async () => {
  store.close();
  await web.stop();
});

test('tells size, ETag and date, and reads ranges of one content', async () => {
  web.answers.set(
    '/a%20b.csv?x=1',
    file(() => content, '"v1"'),
  );
  const facts = await store.stat('a%20b.csv?x=1');
  expect(facts).toMatchObject({ size: 300_000, etag: 'v1', version: null, modifiedAt: '2026-01-03T10:00:00.000Z' });
  if (facts === null) throw new Error('nothing');
  expect(await store.readRange(facts.key, 1000, 50, { of: facts })).toEqual(content.subarray(1000, 1050));
  expect(await store.readRange(facts.key, 299_990, 50, { of: facts })).toEqual(content.subarray(299_990));
  expect(web.seen.at(-1)?.headers).toMatchObject({ 'if-range': '"v1"', 'accept-encoding': 'identity' });
  expect((await readObject(store, facts, tools)).sha256).toBe(createHash('sha256').update(content).digest('hex'));
  web.answers.set(
    `/${facts.key}`,
    file(() => content, '"v2"'),
  );
  await expect(store.readRange(facts.key, 0, 5, { of: facts })).rejects.toMatchObject({ code: 'file_changed' });
  await expect(readObject(store, facts, tools)).rejects.toMatchObject({ code: 'file_changed' });
  expect(await store.stat('nothing')).toBe(null);
});

test('an ETag that promises little is no condition: all is read in one request', async () => {
  web.answers.set(
    '/weak',
    file(() => content, 'W/"v1"', { ranges: false }),
  );
  web.answers.set(
    '/none',
    file(() => content, null, { ranges: false }),
  );
  for (const [key, etag] of [
    ['weak', 'W/v1'],
    ['none', ''],
  ] as const) {
    const facts = await store.stat(key);
    expect(facts).toMatchObject({ size: 300_000, etag });
    if (facts === null) throw new Error('nothing');
    web.seen.length = 0;
    await readObject(store, facts, tools);
    expect(web.seen).toHaveLength(1);
    expect(web.seen[0]?.headers['if-range']).toBe(undefined);
    // A server without ranges gives all of it; what was asked for is taken of that.
    expect(await store.readRange(key, 10, 5, { of: facts })).toEqual(content.subarray(10, 15));
    await expect(store.readRange(key, 10, 5, { of: { ...facts, size: 1 } })).rejects.toMatchObject({
      code: 'file_changed',
    });
  }
});

test('where HEAD is not answered, the first byte tells; a size that is not told is refused', async () => {
  const given = file(() => content, '"x"');
  web.answers.set('/a', (request, response) =>
    request.method === 'HEAD' ? response.writeHead(405).end() : given(request, response),
  );
  expect(await store.stat('a')).toMatchObject({ size: 300_000, etag: 'x' });
  web.answers.set('/b', (_, response) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end('x'));
  await expect(store.stat('b')).rejects.toMatchObject({ code: 'not_supported' });
  web.answers.set('/c', (_, response) => response.writeHead(429, { 'retry-after': '17' }).end());
  await expect(store.stat('c')).rejects.toMatchObject({
    code: 'offline',
    remedy: 'Try again in 17 seconds.',
    retry: true,
  });
  web.answers.set('/d', (_, response) => response.writeHead(403).end());
  await expect(store.stat('d')).rejects.toMatchObject({ code: 'not_allowed' });
  await expect(store.list('').next()).rejects.toMatchObject({ code: 'not_supported' });
  await expect(store.put('a', content)).rejects.toMatchObject({ code: 'storage_linked' });
  await expect(store.delete('a')).rejects.toMatchObject({ code: 'storage_linked' });
});

describe('S-10 redirects', () => {
  const to =
    (where: string): Answer =>
    (_, response) =>
      response.writeHead(302, { location: where }).end();

  test('are followed on https, each asked about first; not to http, not for ever, not with a password', async () => {
    const plain = await startWeb({ tls: false });
    plain.answers.set(
      '*',
      file(() => content, '"p"'),
    );
    const asked: string[] = [];
    const guarded = await openHttpsStore(
      { type: 'https', root: web.origin },
      {
        ca: authority(),
        mayBePrivate: isOwn,
        guard: (url) => {
          asked.push(url);
          if (url.includes('inner')) return Promise.reject(new BenchkeepError('not_allowed', 'inner', 'no'));
          return Promise.resolve();
        },
      },
    );
    try {
      web.answers.set(
        '/there',
        file(() => content, '"v1"'),
      );
      web.answers.set('/moved', to('/there'));
      expect(await guarded.stat('moved')).toMatchObject({ key: 'moved', size: 300_000 });
      expect(asked).toEqual([`${web.origin}/moved`, `${web.origin}/there`]);
      web.answers.set('/down', to(`${plain.origin}/there`));
      await expect(guarded.stat('down')).rejects.toMatchObject({
        code: 'not_allowed',
        message: expect.stringContaining('http') as string,
      });
      web.answers.set('/round', to('/round'));
      await expect(guarded.stat('round')).rejects.toMatchObject({ code: 'not_allowed' });
      web.answers.set('/named', to(`https://user:secret@127.0.0.1/x`));
      const failure = await guarded.stat('named').then(() => 'nothing', String);
      expect(failure).not.toContain('secret');
      for (const scheme of ['file:///etc/passwd', 'data:,x', 'gopher://x']) {
        web.answers.set('/other', to(scheme));
        await expect(guarded.stat('other')).rejects.toMatchObject({ code: 'not_allowed' });
      }
      web.answers.set('/inner', to('/inner-2'));
      await expect(guarded.stat('inner')).rejects.toMatchObject({ code: 'not_allowed' });
      expect(plain.seen).toEqual([]);
    } finally {
      guarded.close();
      await plain.stop();
    }
  });

  test('into a private network are not followed, and nothing is asked there', async () => {
    const inner = await startWeb();
    inner.answers.set(
      '*',
      file(() => content, '"inner"'),
    );
    try {
      for (const host of [inner.origin, inner.origin.replace('127.0.0.1', 'localhost'), 'https://10.0.0.1']) {
        web.answers.set('/moved', to(`${host}/there`));
        await expect(store.stat('moved')).rejects.toMatchObject({ code: 'not_allowed' });
      }
      expect(inner.seen).toEqual([]);
      // Nor is a server there asked that nobody here named.
      const unnamed = await openHttpsStore({ type: 'https', root: inner.origin }, { ca: authority() });
      await expect(unnamed.stat('there')).rejects.toMatchObject({ code: 'not_allowed' });
      expect(inner.seen).toEqual([]);
      unnamed.close();
    } finally {
      await inner.stop();
    }
  });

  test('a server that can not prove who it is gets no request', async () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '');
    const untrusting = await openHttpsStore({ type: 'https', root: web.origin }, { mayBePrivate: isOwn });
    await expect(untrusting.stat('a')).rejects.toMatchObject({ code: 'not_allowed' });
    expect(web.seen).toEqual([]);
    untrusting.close();
    vi.unstubAllEnvs();
  });
});
