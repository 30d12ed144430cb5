/** What is sent to S3, mostly by the short way, and what becomes of answers that are no plain success. In front: a server that writes down. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot, type ObjectStore } from '../../../src-main/storage/index.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

const bytes = Buffer.from('twenty small bytes..');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const crc = Buffer.alloc(4);
crc.writeUInt32BE(crc32(bytes));
const GOOD = { etag: '"e1"', 'content-length': '0' };
const OBJECT = {
  etag: '"e1"',
  'content-length': String(bytes.length),
  'x-amz-checksum-crc32': crc.toString('base64'),
  'x-amz-meta-uid': 'u',
  'last-modified': 'Sun, 22 Nov 2026 00:00:00 GMT',
};

let server: Server;
let seen: Seen[] = [];
/** What is answered next; then all is well. */
let answers: ((response: ServerResponse) => void)[] = [];
/** Answers come when the headers are there; the body is read, and thrown away. */
let early = false;
let store: ObjectStore;

function openStore(): Promise<ObjectStore> {
  const { port } = server.address() as AddressInfo;
  const root = parseCloudRoot(`s3://lab/below?endpoint_url=http://127.0.0.1:${String(port)}&region=eu-north-1`);
  if (root === null) throw new Error('no bucket');
  return openS3Store(root, { patience: { attempts: 3, firstPause: 1, longestPause: 2 } });
}

beforeEach(async () => {
  seen = [];
  answers = [];
  early = false;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    if (early) {
      answers.shift()?.(response);
      request.resume();
      return;
    }
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks) });
      const answer = answers.shift();
      if (answer !== undefined) answer(response);
      else response.writeHead(200, method === 'HEAD' ? OBJECT : GOOD).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  store = await openStore();
});
afterEach(() => {
  store.close();
  server.closeAllConnections();
  server.close();
});

const put = (key: string): ReturnType<ObjectStore['put']> =>
  store.put(key, bytes, { condition: { absent: true }, sha256, metadata: { uid: 'u' } });
/** The SDK numbers its attempts. */
const bySdk = (): boolean[] => seen.map(({ headers }) => headers['amz-sdk-request'] !== undefined);
const status =
  (code: number, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(code, { 'content-type': 'application/xml' }).end(body);
  };
const error = (code: string): string => `<Error><Code>${code}</Code><Message>no</Message></Error>`;
/** The SDK has been there once. */
async function learned(): Promise<void> {
  await store.stat('first');
  seen = [];
}

it('the first request is the SDK’s; the next ones are the same without its layers', async () => {
  const facts = await store.stat('a/b.fcs');
  await put('a/c.fcs');
  expect(await store.stat('a/b.fcs')).toEqual(facts);
  expect(facts).toEqual({
    key: 'a/b.fcs',
    size: bytes.length,
    etag: 'e1',
    version: null,
    checksums: { crc32: crc.toString('hex') },
    modifiedAt: '2026-11-22T00:00:00.000Z',
    metadata: { uid: 'u' },
  });
  expect(bySdk()).toEqual([true, false, false]);
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'HEAD /lab/below/a/b.fcs',
    'PUT /lab/below/a/c.fcs',
    'HEAD /lab/below/a/b.fcs',
  ]);
  const [first, second] = seen;
  expect(second?.body.equals(bytes)).toBe(true);
  expect(second?.headers).toMatchObject({
    'if-none-match': '*',
    'x-amz-checksum-crc32': crc.toString('base64'),
    'x-amz-content-sha256': sha256,
    'x-amz-meta-uid': 'u',
    'user-agent': first?.headers['user-agent'],
  });
  expect(second?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/eu-north-1\/s3\/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*if-none-match[^,]*, Signature=[0-9a-f]{64}$/,
  );
});

it('a part of a large one goes the same way; what the store does not know any more is told by the SDK', async () => {
  await learned();
  const part = { number: 7, offset: 0, bytes, crc32: crc.toString('hex'), sha256 };
  const token = 'of/this+upload=';
  expect(await store.uploads.send('a/b.bam', token, part)).toEqual({
    number: 7,
    size: bytes.length,
    etag: 'e1',
    crc32: crc.toString('hex'),
  });
  const [sent] = seen;
  expect(sent?.url).toBe('/lab/below/a/b.bam?partNumber=7&uploadId=of%2Fthis%2Bupload%3D');
  expect(sent?.body.equals(bytes)).toBe(true);
  expect(sent?.headers).toMatchObject({
    'content-length': String(bytes.length),
    'x-amz-checksum-crc32': crc.toString('base64'),
    'x-amz-content-sha256': sha256,
  });
  answers = [status(404, error('NoSuchUpload'))];
  await expect(store.uploads.send('a/b.bam', token, part)).rejects.toMatchObject({ code: 'upload_lost' });
  answers = [status(500, error('InternalError'))];
  expect(await store.uploads.send('a/b.bam', token, part)).toMatchObject({ number: 7, etag: 'e1' });
  expect(bySdk()).toEqual([false, false, false, true]);
});

it('keys for a while have their token with them, signed', async () => {
  store.close();
  vi.stubEnv('AWS_SESSION_TOKEN', 'for-an-hour');
  store = await openStore();
  await learned();
  await put('a');
  expect(bySdk()).toEqual([false]);
  expect(seen[0]?.headers['x-amz-security-token']).toBe('for-an-hour');
  expect(seen[0]?.headers.authorization).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
});

it('keys that an address has to spell otherwise, and contents that nobody hashed, are left to the SDK', async () => {
  await learned();
  await put('with a space');
  await store.put('plain', bytes);
  expect(bySdk()).toEqual([true, true]);
});

it('what the store refuses is told as the SDK tells it, and asked once', async () => {
  await learned();
  answers = [status(403, error('AccessDenied'))];
  await expect(put('a')).rejects.toMatchObject({ code: 'not_allowed' });
  answers = [status(412, error('PreconditionFailed'))];
  await expect(put('b')).rejects.toMatchObject({ code: 'already_exists' });
  expect(seen.map(({ method }) => method)).toEqual(['PUT', 'PUT']);
});

it('a key of somebody else is asked for as it is, character by character', async () => {
  await learned();
  await store.stat('a/../b/./c');
  expect(seen.map(({ url }) => url)).toEqual(['/lab/below/a/../b/./c']);
});

it('where a server reads the signature otherwise, all goes the way of the SDK from then on', async () => {
  await learned();
  answers = [status(403, error('SignatureDoesNotMatch'))];
  expect(await put('a')).toMatchObject({ key: 'a', etag: 'e1' });
  expect(await put('b')).toMatchObject({ key: 'b', etag: 'e1' });
  expect(bySdk()).toEqual([false, true, true]);
});

it('what the store answers before all was sent is heeded, and its connection is not used again', async () => {
  await learned();
  early = true;
  answers = [status(403, error('AccessDenied'))];
  const large = Buffer.alloc(6 * 2 ** 20, 'x');
  const sum = createHash('sha256').update(large).digest('hex');
  await expect(store.put('a', large, { condition: { absent: true }, sha256: sum })).rejects.toMatchObject({
    code: 'not_allowed',
  });
  early = false;
  expect(await put('b')).toMatchObject({ etag: 'e1' });
});

it('what passes is tried again by the SDK: a busy store, a connection that breaks off', async () => {
  await learned();
  answers = [status(503, error('SlowDown'))];
  expect(await put('a')).toMatchObject({ key: 'a', etag: 'e1' });
  answers = [(response) => response.destroy()];
  expect(await store.stat('b')).toMatchObject({ etag: 'e1' });
  expect(bySdk()).toEqual([false, true, false, true]);
});

it('an object that is gone is gone, and a bucket that is gone is told', async () => {
  await learned();
  answers = [status(404), status(404, error('NoSuchKey'))];
  expect(await store.stat('a')).toBeNull();
  answers = [status(404), status(404, error('NoSuchBucket'))];
  await expect(store.stat('a')).rejects.toMatchObject({ code: 'bucket_not_found' });
});

it('a page that somebody else answers with is no store', async () => {
  await learned();
  const page = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
  };
  answers = [page, page, page, page];
  await expect(put('a')).rejects.toMatchObject({ code: 'offline' });
});

it('stopped in the middle it says so', async () => {
  await learned();
  const stop = new AbortController();
  answers = [
    () => {
      stop.abort();
    },
  ];
  await expect(
    store.put('a', bytes, { condition: { absent: true }, sha256, signal: stop.signal }),
  ).rejects.toMatchObject({ code: 'cancelled' });
});

it('an upload that is still there after it was aborted, for a part that came late, is aborted again', async () => {
  const parts = '<ListPartsResult><UploadId>t</UploadId><Part><PartNumber>1</PartNumber></Part></ListPartsResult>';
  answers = [status(204), status(200, parts), status(204), status(404, error('NoSuchUpload'))];
  await store.uploads.abort('a', 't');
  expect(seen.map(({ method }) => method)).toEqual(['DELETE', 'GET', 'DELETE', 'GET']);
});
