import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toErrorData } from '../../../shared/errors.ts';
import { nodeFs } from '../../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import { openSignIn, type GcsAccess } from '../../../src-main/storage/objects/gcs-sign-in.ts';
import type { CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import { impatientClock } from '../../stores/gcs-requests.ts';

const CANARY = 'canary-of-a-secret';
const GOOGLE = 'https://storage.googleapis.com';
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** One server that signs in (`/token`) and keeps objects. */
describe('signing in to Google Cloud Storage', () => {
  let server: Server;
  let endpoint: string;
  let folder: string;
  let seen: IncomingMessage[];
  let tokens: { status: number; body: unknown };
  let objects: { status: number; body: unknown };
  let warned: unknown[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gcs-sign-in-'));
    seen = [];
    tokens = { status: 200, body: { access_token: CANARY, token_type: 'Bearer', expires_in: 3600 } };
    objects = { status: 200, body: { name: 'key', size: '3', generation: '17' } };
    server = createServer((request, response) => {
      seen.push(request);
      request.resume();
      const { status, body } = request.url === '/token' ? tokens : objects;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', identity());
    vi.stubEnv('STORAGE_EMULATOR_HOST', undefined);
    warned = [];
    vi.spyOn(console, 'warn').mockImplementation((...what) => warned.push(what));
  });
  afterEach(async () => {
    // What Google's client says on the console alarms whoever uses the command line.
    expect(warned).toEqual([]);
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("goes without credentials, and without Google's client, to a server on this computer", async () => {
    expect(await stat({})).toMatchObject({ size: 3, version: '17' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(isLoaded()).toBe(false);
  });

  it('goes without credentials where that is asked for', async () => {
    await stat({ anonymous: true });
    expect(await openSignInAt(GOOGLE, { anonymous: true })()).toEqual({});
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('does not give the own credentials to a server that only a registry names', async () => {
    const others = ['https://store.example.org', 'https://googleapis.com.example.org', 'https://evilgoogleapis.com'];
    for (const other of [...others, 'http://storage.googleapis.com', endpoint])
      expect(await openSignInAt(other, {})()).toEqual({});
    expect(seen).toHaveLength(0);
  });

  it('sends no credentials unprotected', async () => {
    const opened = openGcsStore(rootAt('http://store.example.org'), { keyFile: keyFile() });
    await expect(opened).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('goes where the root says, whatever the environment says of an emulator', async () => {
    vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:1');
    await stat({});
    await stat({ keyFile: keyFile() });
    expect(seen.map(({ url }) => url?.replace(/\?.*$/, ''))).toEqual(Array(2).fill('/storage/v1/b/bucket/o/key'));
  });

  it('signs with the key of a service account, and asks nobody for that', async () => {
    await stat({ keyFile: keyFile() });
    expect(isLoaded()).toBe(true);
    expect(seen).toHaveLength(1);
    const [head = '', claims = '', signature = ''] = (seen[0]?.headers.authorization ?? '')
      .replace(/^Bearer /, '')
      .split('.');
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
    expect(fromBase64(head)).toMatchObject({ kid: 'key-7' });
    expect(fromBase64(claims)).toMatchObject({
      iss: 'lab@project.iam.gserviceaccount.com',
      scope: expect.stringContaining('devstorage') as string,
    });
  });

  it("signs in to Google with the computer's own credentials, once for many requests", async () => {
    const signIn = openSignInAt(GOOGLE, {});
    expect(await signIn()).toMatchObject({ authorization: `Bearer ${CANARY}` });
    expect(await signIn()).toMatchObject({ authorization: `Bearer ${CANARY}` });
    expect(seen.map(({ url }) => url)).toEqual(['/token']);
  });

  it('names the key file that opens nothing, and tries it again', async () => {
    const path = join(folder, 'service-account.json');
    // Of other kinds there are those that name programs to run.
    for (const content of [null, `{ "private_key": "${CANARY}"`, JSON.stringify({ type: 'external_account' })]) {
      if (content !== null) writeFileSync(path, content);
      const error = await failureOf(() => stat({ keyFile: path }));
      expect(error).toMatchObject({ code: 'not_signed_in', message: expect.stringContaining(path) as string });
    }
    const store = await openGcsStore(rootAt(endpoint), { keyFile: path });
    await expect(store.stat('key')).rejects.toMatchObject({ code: 'not_signed_in' });
    keyFile();
    expect(await store.stat('key')).toMatchObject({ size: 3 });
    store.close();
  });

  it.each([
    [400, { error: 'invalid_grant', error_description: CANARY }, 'not_signed_in'],
    [401, { error: 'invalid_client', error_description: CANARY }, 'not_signed_in'],
    [503, CANARY, 'offline'],
  ])('tells a refused sign-in (%i) from one that does not answer', async (status, body, code) => {
    tokens = { status, body };
    expect(await failureOf(openSignInAt(GOOGLE, {}))).toMatchObject({ code, retry: true });
  });

  it('is offline where the sign-in is not reached', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', identity('http://127.0.0.1:1/token'));
    expect(await failureOf(openSignInAt(GOOGLE, {}))).toMatchObject({ code: 'offline' });
  });

  it('S-10 never asks for the credentials of a machine, nor takes them from whoever answers', async () => {
    const asked: string[] = [];
    const connect = Socket.prototype.connect as (this: Socket, ...words: unknown[]) => Socket;
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...words: unknown[]) {
      asked.push(JSON.stringify(words));
      return connect.apply(this, words);
    });
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
    vi.stubEnv('HOME', folder);
    vi.stubEnv('METADATA_SERVER_DETECTION', undefined);
    expect(await failureOf(openSignInAt(GOOGLE, {}))).toMatchObject({ code: 'not_signed_in' });
    // Somebody who answers in its place.
    vi.stubEnv('GCE_METADATA_HOST', endpoint.slice('http://'.length));
    expect(await failureOf(openSignInAt(GOOGLE, {}))).toMatchObject({ code: 'not_signed_in' });
    expect(seen).toEqual([]);
    expect(asked.join()).not.toMatch(/169\.254\.|metadata/);
  });

  it('asks to sign in where the credentials of the computer are not there', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'nothing.json'));
    expect(await failureOf(openSignInAt(GOOGLE, {}))).toMatchObject({
      code: 'not_signed_in',
      remedy: expect.stringContaining('gcloud auth application-default login') as string,
    });
  });

  it.each([
    [401, 'not_signed_in'],
    [403, 'not_allowed'],
    [400, 'io_error'],
  ])('tells what the store refuses (%i), and no secret', async (status, code) => {
    objects = { status, body: { error: { message: CANARY, errors: [{ reason: `${CANARY} !` }] } } };
    expect(await failureOf(() => stat({ keyFile: keyFile() }))).toMatchObject({ code });
  });

  it('can be stopped while it signs in', async () => {
    const asked = silentServer();
    const stop = new AbortController();
    const end = expect(openSignInAt(GOOGLE, {})(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    await asked;
    stop.abort();
    await end;
  });

  it('does not wait for a sign-in that never answers', async () => {
    const asked = silentServer();
    const clock = impatientClock();
    const end = expect(openSignInAt(GOOGLE, {}, clock)()).rejects.toMatchObject({ code: 'offline' });
    await asked;
    clock.silence();
    await end;
  });

  function openSignInAt(at: string, access: GcsAccess, clock = impatientClock()): ReturnType<typeof openSignIn> {
    return openSignIn({ endpoint: at, root: 'gs://bucket' }, access, { clock, fs: nodeFs(systemRandom) });
  }

  /** Resolves when it has been asked, which it does not answer. */
  function silentServer(): Promise<unknown> {
    server.removeAllListeners('request');
    return new Promise((resolve) => server.once('request', resolve));
  }

  function keyFile(): string {
    const path = join(folder, 'service-account.json');
    const account = { type: 'service_account', client_email: 'lab@project.iam.gserviceaccount.com' };
    writeFileSync(path, JSON.stringify({ ...account, private_key_id: 'key-7', private_key: privateKey }));
    return path;
  }

  /** Credentials as this computer could have them, whose sign-in is where a test wants it. */
  function identity(tokenUrl = `${endpoint}/token`): string {
    const subject = join(folder, 'subject');
    writeFileSync(subject, CANARY);
    const path = join(folder, 'identity.json');
    const told = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: tokenUrl,
      credential_source: { file: subject },
    };
    writeFileSync(path, JSON.stringify(told));
    return path;
  }

  async function stat(access: GcsAccess): Promise<unknown> {
    const store = await openGcsStore(rootAt(endpoint), access, { clock: impatientClock() });
    try {
      return await store.stat('key');
    } finally {
      store.close();
    }
  }

  /** The error, which holds no secret. */
  async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const said = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(toErrorData(error));
    const sent = seen.flatMap(({ headers }) => headers.authorization?.replace(/^Bearer /, '') ?? []);
    for (const secret of [CANARY, privateKey.slice(100, 140), ...sent]) expect(said).not.toContain(secret);
    return error;
  }
});

function rootAt(endpoint: string): CloudRoot {
  return { type: 'gs', bucket: 'bucket', prefix: '', root: 'gs://bucket', options: { api_endpoint: endpoint } };
}

function fromBase64(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}

function isLoaded(): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('google-auth-library'));
}
