/** Labs behind a proxy: stores are reached through it as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say, and S-10 goes on to hold by name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import { openHttpsStore } from '../../../src-main/storage/objects/https-store.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { proxyEnvironment } from '../../../src-main/storage/objects/proxy-environment.ts';
import { s3Credentials } from '../../../src-main/storage/objects/s3-sign-in.ts';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import { describeGcs } from '../../stores/describe-gcs.ts';
import {
  certificatesMissing,
  makeCertificates,
  startTlsFront,
  type OwnCertificates,
  type TlsFront,
} from '../../stores/own-certificates.ts';
import { startProxy, type Proxy } from '../../stores/start-proxy.ts';
import { file, startWeb } from '../../stores/start-web.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { bytesOf, expectContent, PART, partsOf, wholeOf } from './content.ts';

/** Nobody but the proxy knows where it is. */
const STORE = 'store.lab.invalid';
const patience = { attempts: 1, firstPause: 1, longestPause: 1 };
const missing = certificatesMissing();
const opened: ObjectStore[] = [];
const proxies: Proxy[] = [];
let own: OwnCertificates;

beforeAll(() => {
  if (missing === null) own = makeCertificates(STORE);
});
afterAll(() => {
  own?.remove();
});
afterEach(async () => {
  for (const store of opened.splice(0)) store.close();
  for (const proxy of proxies.splice(0)) await proxy.stop();
  vi.unstubAllEnvs();
});

async function proxyTo(target: string, options: Parameters<typeof startProxy>[1] = {}): Promise<Proxy> {
  const port = Number(new URL(target).port);
  const proxy = await startProxy(new Map([[`${STORE}:${String(port)}`, port]]), options);
  proxies.push(proxy);
  return proxy;
}

/** The same server, by the name that only the proxy knows. */
function named(target: string): string {
  const url = new URL(target);
  url.hostname = STORE;
  return url.origin;
}

function rootAt(text: string, fromRegistry = false): CloudRoot {
  const root = parseCloudRoot(text);
  if (root === null) throw new Error(`${text} is no root`);
  return fromRegistry ? { ...root, fromRegistry: true } : root;
}

async function openS3(text: string, fromRegistry = false): Promise<ObjectStore> {
  const store = await openS3Store(rootAt(text, fromRegistry), { patience });
  opened.push(store);
  return store;
}

describe.skipIf(missing !== null)(`S3 by way of a proxy${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const server = useS3('versitygw');
  let front: TlsFront;
  beforeEach(async () => {
    front = await startTlsFront(server().endpoint, own);
    for (const [name, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(name, value);
  });
  afterEach(() => front.stop());
  const root = (endpoint: string): string =>
    `s3://${server().bucket}/proxy?endpoint_url=${endpoint}&ca=${encodeURIComponent(own.ca)}`;

  test('over TLS, through a tunnel that wants a password, with parts; the proxy sees no content', async () => {
    const proxy = await proxyTo(front.endpoint, { user: 'lab:s3cret' });
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    const store = await openS3(root(named(front.endpoint)));
    const bytes = bytesOf(2 * PART + 1);
    const token = await store.uploads.begin('big', bytes.length);
    const sent = [];
    for (const part of partsOf(bytes)) sent.push(await store.uploads.send('big', token, part));
    await store.uploads.complete('big', token, sent, wholeOf(bytes));
    expectContent(await store.stat('big'), bytes);
    expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${new URL(named(front.endpoint)).host}`]));
    // Kept open, as without one.
    expect(proxy.seen).toHaveLength(1);
  });

  test('over http, forwarded: signatures hold', async () => {
    const proxy = await proxyTo(server().endpoint);
    vi.stubEnv('http_proxy', proxy.address.replace('http://', ''));
    const store = await openS3(`s3://${server().bucket}/proxy?endpoint_url=${named(server().endpoint)}`);
    const bytes = bytesOf(1000);
    await store.put('a', bytes);
    expectContent(await store.stat('a'), bytes);
    expect(proxy.seen.every((line) => line.includes(` ${named(server().endpoint)}/`))).toBe(true);
  });

  test('not what NO_PROXY names, and never this computer', async () => {
    const proxy = await proxyTo(front.endpoint);
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    vi.stubEnv('HTTP_PROXY', proxy.address);
    const here = await openS3(`s3://${server().bucket}/proxy?endpoint_url=${server().endpoint}`);
    await here.put('b', bytesOf(9));
    vi.stubEnv('NO_PROXY', 'elsewhere.example.org, lab.invalid');
    await expect((await openS3(root(named(front.endpoint)))).stat('a')).rejects.toMatchObject({ code: 'offline' });
    expect(proxy.seen).toEqual([]);
  });

  test('a proxy that refuses is told as that, without its password', async () => {
    const proxy = await proxyTo(front.endpoint, { user: 'lab:s3cret' });
    vi.stubEnv('HTTPS_PROXY', proxy.address.replace('s3cret', 'canary'));
    const wrong: unknown = await (await openS3(root(named(front.endpoint)))).stat('a').catch((why: unknown) => why);
    expect(wrong).toMatchObject({ code: 'not_allowed', message: expect.stringContaining('refuses (407)') as string });
    proxy.refuse(503);
    const busy: unknown = await (await openS3(root(named(front.endpoint)))).stat('a').catch((why: unknown) => why);
    expect(busy).toMatchObject({ code: 'offline', retry: true });
    vi.stubEnv('HTTPS_PROXY', 'socks5://lab:canary@proxy');
    const none: unknown = await openS3(root(named(front.endpoint))).catch((why: unknown) => why);
    expect(none).toMatchObject({ code: 'not_allowed', message: expect.stringContaining('HTTPS_PROXY') as string });
    expect(JSON.stringify([wrong, busy, none])).not.toContain('canary');
    expect(front.bytes).toBe(0);
  });

  test('S-10 what no store has, and what a registry names of a private network, is not asked for at the proxy', async () => {
    const proxy = await proxyTo(front.endpoint);
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    vi.stubEnv('HTTP_PROXY', proxy.address);
    for (const host of ['169.254.169.254', 'metadata.google.internal', '[fd00:ec2::254]'])
      for (const scheme of ['http', 'https'])
        await expect((await openS3(`s3://plates?endpoint_url=${scheme}://${host}`)).stat('a')).rejects.toMatchObject({
          code: 'not_allowed',
        });
    for (const host of ['10.0.0.7', '192.168.1.4:9000'])
      await expect((await openS3(`s3://plates?endpoint_url=https://${host}`, true)).stat('a')).rejects.toMatchObject({
        code: 'not_allowed',
        details: { about: 'private' },
      });
    expect(proxy.seen).toEqual([]);
  });
});

describeGcs('Google Cloud Storage by way of a proxy', (here) => {
  test('puts and reads', async () => {
    const proxy = await proxyTo(here.gcs.endpoint);
    vi.stubEnv('HTTP_PROXY', proxy.address);
    const at = rootAt(`gs://${here.gcs.bucket}/proxy?api_endpoint=${named(here.gcs.endpoint)}`);
    const store = await openGcsStore(at, { attempts: 1 });
    opened.push(store);
    const bytes = bytesOf(1000);
    await store.put('a', bytes);
    expectContent(await store.stat('a'), bytes);
    expect(proxy.seen.length).toBeGreaterThan(1);
  });
});

test.skipIf(missing !== null)('a file of a web server by way of a proxy', async () => {
  const web = await startWeb({ tls: false });
  const front = await startTlsFront(web.origin, own);
  try {
    const proxy = await proxyTo(front.endpoint);
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    web.answers.set(
      '/a.csv',
      file(() => bytesOf(100), '"v1"'),
    );
    const store = await openHttpsStore(
      { type: 'https', root: named(front.endpoint) },
      { ca: readFileSync(own.ca, 'utf8') },
    );
    opened.push(store);
    expect(await store.stat('a.csv')).toMatchObject({ size: 100, etag: 'v1' });
    expect(proxy.seen).toEqual([`CONNECT ${new URL(named(front.endpoint)).host}`]);
  } finally {
    await front.stop();
    await web.stop();
  }
});

test('a role of a profile is asked for by way of a proxy', async () => {
  const web = await startWeb({ tls: false });
  const folder = mkdtempSync(join(tmpdir(), 'proxy-role-'));
  try {
    const proxy = await proxyTo(web.origin);
    writeFileSync(
      join(folder, 'config'),
      '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/lab\ncredential_source = Environment\nregion = us-east-1\n',
    );
    for (const [name, value] of Object.entries({
      HTTP_PROXY: proxy.address,
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: '/none',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_STS: named(web.origin),
    }))
      vi.stubEnv(name, value);
    const keys =
      '<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration>';
    const answer = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${keys}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
    web.answers.set('*', (_request, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(answer));
    const credentials = s3Credentials({ by: 'profile', profile: 'role', isNamed: true }, 's3://plates', process.env);
    expect(await credentials?.()).toMatchObject({ accessKeyId: 'ASIA1', sessionToken: 't' });
    expect(proxy.seen).toEqual([`POST ${named(web.origin)}/`]);
  } finally {
    await web.stop();
    rmSync(folder, { recursive: true });
  }
});

test('NO_PROXY means what it means elsewhere', () => {
  expect(proxyEnvironment({})).toBe(null);
  expect(proxyEnvironment({ NO_PROXY: 'lab.example.org' })).toBe(null);
  const { no_proxy: given } = proxyEnvironment({
    https_proxy: '',
    HTTPS_PROXY: 'proxy:3128',
    NO_PROXY: 'nas, .lab.org *.x.org  10.1.2.3/16,[fd12::1],1.2.3.4,5.6.7.8-5.6.7.9 store:9000',
  }) ?? { no_proxy: '' };
  expect(given.split(',').slice(4)).toEqual([
    ...['nas', '.nas', '.lab.org', '*.x.org', '10.1.0.0-10.1.255.255', 'fd12::1', '1.2.3.4', '5.6.7.8-5.6.7.9'],
    'store:9000',
  ]);
  expect(proxyEnvironment({ https_proxy: 'http://a', HTTPS_PROXY: 'http://b' })).toMatchObject({
    https_proxy: 'http://a',
    http_proxy: undefined,
  });
});
