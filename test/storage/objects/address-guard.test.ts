/** S-10: an endpoint may come from others; it must not make this computer ask what only it can reach. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BenchkeepError } from '../../../shared/errors.ts';
import { refuseAddress, refuseName } from '../../../src-main/storage/objects/address-guard.ts';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';
import type { CloudRoot } from '../../../src-main/storage/objects/store-options.ts';

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '::ffff:169.254.169.254',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  'fd00:ec2::254',
  'fd00:0ec2:0:0::254',
  'fe80::1',
  'fe80::1%eth0',
  '0.0.0.0',
  '::',
  '100.100.100.200',
  '168.63.129.16',
  '224.0.0.1',
  'ff02::1',
];
const PRIVATE = [
  '127.0.0.1',
  '127.9.9.9',
  '::1',
  '::ffff:127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fd12::1',
  '64:ff9b::a00:1',
];
const PUBLIC = ['52.216.0.1', '172.32.0.1', '2606:4700::1', '11.0.0.1', '::ffff:8.8.8.8'];

describe('S-10 addresses', () => {
  test.each(METADATA)('%s is never asked', (address) => {
    for (const mayBePrivate of [true, false])
      expect(refuseAddress(address, 'store.example.org', mayBePrivate)).toMatchObject({ code: 'not_allowed' });
  });
  test.each(PRIVATE)('%s is asked where a person chose it', (address) => {
    expect(refuseAddress(address, 'store.example.org', true)).toBe(null);
    expect(refuseAddress(address, 'store.example.org', false)).toMatchObject({ code: 'not_allowed' });
  });
  test.each(PUBLIC)('%s is asked', (address) => {
    expect(refuseAddress(address, 'store.example.org', false)).toBe(null);
  });
  test.each(['metadata.google.internal', 'METADATA.google.internal.', 'metadata', 'instance-data', 'metadata.goog'])(
    '%s is no store',
    (name) => {
      expect(refuseName(name, true)).toMatchObject({ code: 'not_allowed' });
    },
  );
  test('names of this computer are asked where a person chose them', () => {
    expect(refuseName('localhost', true)).toBe(null);
    expect(refuseName('localhost', false)).not.toBe(null);
    expect(refuseName('store.example.org', false)).toBe(null);
  });
  test('however an address of this link is written, it is refused (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65535 }), (low) => {
        const hex = low.toString(16);
        for (const text of [
          `169.254.${String(low >> 8)}.${String(low & 255)}`,
          `::ffff:a9fe:${hex}`,
          `64:ff9b::a9fe:${hex}`,
        ])
          expect(refuseAddress(text, 'x', true), text).not.toBe(null);
      }),
    );
  });
});

/** Answers every request with a redirect to itself under another name, and notes what it was asked. */
describe('S-10 clients', () => {
  let server: Server;
  let port: number;
  let seen: string[];
  let redirect: string | null;
  const opened: ObjectStore[] = [];

  beforeEach(async () => {
    seen = [];
    redirect = null;
    server = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.headers.host ?? ''} ${request.headers.authorization ?? ''}`);
      request.resume();
      if (redirect !== null) response.writeHead(307, { location: redirect }).end();
      else response.writeHead(404, { 'content-type': 'application/xml' }).end('<Error><Code>NoSuchKey</Code></Error>');
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
    for (const store of opened.splice(0)) store.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const patience = { attempts: 1 };
  async function stat(
    type: 's3' | 'gs',
    host: string,
    { addresses = ['127.0.0.1'], fromRegistry = true, isChosen = false } = {},
  ): Promise<unknown> {
    const endpoint = `http://${host}:${String(port)}`;
    const options = type === 's3' ? { endpoint_url: endpoint } : { api_endpoint: endpoint };
    const root: CloudRoot = {
      type,
      bucket: 'plates',
      prefix: '',
      root: `${type}://plates`,
      options,
      ...(fromRegistry ? { fromRegistry: true as const } : {}),
    };
    const lookup: LookupFunction = (_host, how, callback) => {
      if (how.all === true)
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      else callback(null, addresses[0] ?? '', 4);
    };
    const access = { isChosen, lookup, patience };
    const store = await (type === 's3' ? openS3Store(root, access) : openGcsStore(root, access));
    opened.push(store);
    return store.stat('key');
  }
  const refused = { code: 'not_allowed', retry: false };

  describe.each(['s3', 'gs'] as const)('%s', (type) => {
    test('what a registry says is not asked in a private network, whatever its name', async () => {
      for (const host of ['127.0.0.1', 'localhost', 'store.example.org', '[::ffff:127.0.0.1]'])
        await expect(stat(type, host), host).rejects.toMatchObject(refused);
      expect(seen).toEqual([]);
    });
    test('what a person chose is, and so is what was chosen here once', async () => {
      for (const how of [{ fromRegistry: false }, { isChosen: true }])
        for (const host of ['127.0.0.1', 'store.example.org']) await stat(type, host, how).catch(() => undefined);
      expect(seen.length).toBeGreaterThanOrEqual(4);
    });
    test('a name that leads to the metadata of a machine is refused, also beside a good address', async () => {
      for (const addresses of [['169.254.169.254'], ['127.0.0.1', '169.254.169.254']])
        await expect(stat(type, 'store.example.org', { addresses, fromRegistry: false })).rejects.toMatchObject(
          refused,
        );
      for (const host of ['169.254.169.254', 'metadata.google.internal', '[fd00:ec2::254]'])
        await expect(stat(type, host, { fromRegistry: false })).rejects.toMatchObject(refused);
      expect(seen).toEqual([]);
    });
    test('no redirect is followed, so no credentials go anywhere', async () => {
      redirect = `http://elsewhere.example.org:${String(port)}/stolen`;
      const error: unknown = await stat(type, '127.0.0.1', { fromRegistry: false }).catch((why: unknown) => why);
      expect(error).toBeInstanceOf(BenchkeepError);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.filter((line) => line.includes('elsewhere'))).toEqual([]);
    });
  });
});
