/** Where requests have the name of the bucket: what really arrives at a server, and what a test says that finds no bucket. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src-main/ports/clock.ts';
import { nodeFs } from '../../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { openStores, parseCloudRoot, testStorage } from '../../../src-main/storage/index.ts';
import { bucketAddress, isPathStyle, otherWay } from '../../../src-main/storage/objects/addressing-style.ts';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';

let server: Server;
let port: number;
/** Host and path of each request. */
let seen: string[];
/** Names that lead nowhere. */
let unknown: string[];
/** Where the connection is cut. */
let cut: string[];

beforeEach(async () => {
  seen = [];
  unknown = [];
  cut = [];
  server = createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    seen.push(`${host}${(request.url ?? '').replace(/\?.*$/, '')}`);
    request.resume();
    if (cut.includes(host)) {
      response.destroy();
      return;
    }
    const isHere = host === 'plates.store.example.org';
    if (isHere && request.method === 'HEAD')
      response.writeHead(200, { 'content-length': '3', etag: '"a"', 'last-modified': new Date(0).toUTCString() }).end();
    else response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  for (const [name, value] of Object.entries({
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'canary',
    AWS_CONFIG_FILE: '/none',
    AWS_SHARED_CREDENTIALS_FILE: '/none',
  }))
    vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const lookup: LookupFunction = (host, how, callback) => {
  if (unknown.includes(host)) {
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), '', 4);
  } else if (how.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};
const patience = { attempts: 1 };

function rootOf(more = '', host = 'store.example.org') {
  const root = parseCloudRoot(`s3://plates?endpoint_url=http://${host}:${String(port)}${more}`);
  return root ?? expect.fail('no root');
}

describe('a request arrives', () => {
  test.each([
    ['', 'store.example.org/plates/day1.fcs', false],
    ['&addressing_style=path', 'store.example.org/plates/day1.fcs', false],
    ['&addressing_style=virtual', 'plates.store.example.org/day1.fcs', true],
  ] as const)('with %j as %s', async (more, arrived, isFound) => {
    const root = rootOf(more);
    const store = await openS3Store(root, { lookup, patience });
    const found = store.stat('day1.fcs');
    if (isFound) await expect(found).resolves.toMatchObject({ size: 3 });
    else await found.catch(() => undefined);
    store.close();
    expect(seen[0]).toBe(arrived);
    // And that is where people are told that it was asked for.
    const endpoint = root.options.endpoint_url ?? '';
    const [host, path] = [new URL(endpoint).host, bucketAddress(root, endpoint, isPathStyle(root, endpoint))];
    expect(path.replace(host, 'store.example.org')).toBe(`http://${arrived.replace('/day1.fcs', '')}`);
  });

  test('at a number that has no name before it, behind it', async () => {
    const root = rootOf('&addressing_style=virtual', '127.0.0.1');
    const store = await openS3Store(root, { lookup, patience });
    await store.stat('day1.fcs').catch(() => undefined);
    store.close();
    expect(seen[0]).toBe('127.0.0.1/plates/day1.fcs');
    expect(bucketAddress(root, 'http://127.0.0.1:9000', false)).toBe('http://127.0.0.1:9000/plates');
  });

  test('at Amazon, where nothing is said, in front', () => {
    expect(isPathStyle({ options: {} }, undefined)).toBe(false);
    expect(isPathStyle({ options: { addressing_style: 'path' } }, undefined)).toBe(true);
    const points = { bucket: 'lab.plates', options: {} };
    expect(bucketAddress(points, 'https://s3.eu-west-1.amazonaws.com', false)).toBe(
      'https://s3.eu-west-1.amazonaws.com/lab.plates',
    );
  });
});

describe('a test that does not find the bucket says how it asked, and the other way', () => {
  async function last(more: string) {
    const context = {
      stores: openStores(),
      open: null,
      fs: nodeFs(systemRandom),
      clock: systemClock,
      random: systemRandom,
      access: { lookup, patience: { ...patience, connect: 2_000, silence: 5_000 } },
    };
    const root = `s3://plates?endpoint_url=http://store.example.org:${String(port)}${more}`;
    const { items } = await testStorage(context, { root, managed: true });
    context.stores.close();
    return items.at(-1);
  }

  test('where the name of the bucket in front of the server leads nowhere', async () => {
    unknown = ['plates.store.example.org'];
    const at = `store.example.org:${String(port)}`;
    expect(await last('&addressing_style=virtual')).toEqual({
      step: 'list',
      ok: false,
      message: 's3://plates does not answer (ENOTFOUND).',
      remedy: `The bucket was asked for as plates.${at}. If the server wants its name behind (${at}/plates), say so: …&addressing_style=path behind its address.`,
    });
  });

  test('where the server knows no such bucket', async () => {
    const at = `store.example.org:${String(port)}`;
    const said = await last('');
    expect(said).toMatchObject({ step: 'list', ok: false });
    expect(said?.remedy).toContain(
      `The bucket was asked for as ${at}/plates. If the server wants its name in front (plates.${at}), say so: …&addressing_style=virtual behind its address.`,
    );
  });

  test('and not where the connection to it breaks: that is the network', async () => {
    cut = ['plates.store.example.org'];
    const said = await last('&addressing_style=virtual');
    expect(said).toMatchObject({ step: 'sign-in', ok: false, message: 's3://plates does not answer (ECONNRESET).' });
    expect(said?.remedy).not.toContain('addressing_style');
  });

  test.each([
    [{}, '…?addressing_style=virtual'],
    [{ addressing_style: 'path' }, '…?addressing_style=virtual'],
    [{ conditions: 'ignored' }, '…?addressing_style=virtual'],
    [{ profile: 'lab' }, '…&addressing_style=virtual'],
  ] as const)('with what its address has already: %j', (options, said) => {
    const at = 'https://store.example.org';
    expect(otherWay({ bucket: 'plates', options }, at, `${at}/plates`).words).toContain(`say so: ${said} behind`);
  });

  test('and not where the server itself is not reached', async () => {
    unknown = ['store.example.org', 'plates.store.example.org'];
    const said = await last('&addressing_style=virtual');
    expect(said).toMatchObject({ step: 'endpoint', ok: false });
    expect(said?.remedy).not.toContain('addressing_style');
  });
});
