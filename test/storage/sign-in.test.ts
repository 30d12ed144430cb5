/** S-18: credentials that are given for a storage, where they are kept, and to whom they are shown. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SignInInput } from '../../shared/contract/index.ts';
import {
  insertCloudStorage,
  openStores,
  parseCloudRoot,
  removeStorage,
  signInStorage,
  signOutStorage,
  storagesOfComputer,
  testStorage,
  type CloudRoot,
  type Keychain,
} from '../../src-main/storage/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { initInstance, type OpenInstance, type Workbench } from '../../src-main/instance/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

const CANARY = 'canary/wJalrXUtnFEMI+0123456789';
const KEYS = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: CANARY, session_token: `${CANARY}-session` };
const ROOT = 's3://plates/lab?endpoint_url=http://127.0.0.1:9';

/** Of a person on a computer: turns bytes over. */
function keychainOf(person: number): Keychain {
  const turned = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ person));
  return {
    isThere: true,
    seal: (secret) => Promise.resolve(turned(Buffer.from(`sealed:${secret}`)).toString('base64')),
    unseal(sealed) {
      const text = turned(Buffer.from(sealed, 'base64')).toString();
      return text.startsWith('sealed:') ? Promise.resolve(text.slice(7)) : Promise.reject(new Error(CANARY));
    },
  };
}

let bench: Bench;
let workbench: Workbench;
let open: OpenInstance;

beforeEach(async () => {
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/none');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/none');
  bench = makeBench();
  await start(keychainOf(1));
});
afterEach(() => bench.remove());

async function start(keychain?: Keychain): Promise<void> {
  workbench = await bench.workbench({ stores: openStores({ keychain }) });
  if (workbench.settings().instance === null) {
    await initInstance(workbench, { storage: bench.folder('lab'), name: 'lab' });
  }
  open = await bench.open(workbench);
}

/** As after a new start. */
async function again(keychain?: Keychain): Promise<void> {
  await open.close();
  await start(keychain);
}

const context = () => ({ stores: workbench.stores, open });
const signIn = (input: Partial<SignInInput> = {}) =>
  signInStorage(context(), { storage: ROOT, credentials: KEYS, keep: 'keychain', ...input });

function rootAt(text: string): CloudRoot {
  const root = parseCloudRoot(text);
  if (root === null) throw new Error(`${text} is no root`);
  return root;
}

async function addBucket(text = ROOT): Promise<void> {
  const row = { uid: 'buCket000001', root: rootAt(text), region: null, managed: false, instanceUid: null };
  await writeRegistry(open, await open.author(), 'storage add', (write) => insertCloudStorage(write, row));
}

/** Every byte below the data folder. */
function bytesOfHome(folder = bench.base): Buffer {
  const parts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return Buffer.concat(parts);
}

function expectNoSecret(...said: unknown[]): void {
  const text = said.map((one) => inspect(one, { depth: Infinity, showHidden: true }) + JSON.stringify(one)).join();
  for (const secret of [CANARY, KEYS.access_key_id]) {
    expect(text).not.toContain(secret);
    expect(bytesOfHome().includes(secret)).toBe(false);
  }
}

describe('S-18 keys for a storage', () => {
  test('are kept by the keychain, used after a new start, and are in clear nowhere', async () => {
    await addBucket();
    expect(await signIn()).toEqual({ by: 'keys', name: null, kept: 'keychain' });
    await again(keychainOf(1));
    const access = await open.stores.accessOf(rootAt(ROOT));
    expect(access.keys?.reveal()).toEqual(KEYS);
    const { items } = await storagesOfComputer(open);
    expect(items.map(({ sign_in }) => sign_in)).toEqual([null, { by: 'keys', name: null, kept: 'keychain' }]);
    expectNoSecret(items, access);
    // The control: what is looked for would be found.
    expect(bytesOfHome().includes(rootAt(ROOT).root)).toBe(true);
  });

  test('that the keychain does not give back are asked for again, by name of the storage', async () => {
    await addBucket();
    await signIn();
    for (const keychain of [keychainOf(2), undefined]) {
      await again(keychain);
      const failure: unknown = await open.stores.open(rootAt(ROOT)).catch((why: unknown) => why);
      expect(failure).toMatchObject({ code: 'not_signed_in', retry: true });
      expectNoSecret(failure);
      expect((await storagesOfComputer(open)).items[1]?.sign_in).toMatchObject({ by: 'nothing' });
    }
  });

  test('are not stored where there is no keychain, and last for the session where that is wanted', async () => {
    await again();
    await expect(signIn()).rejects.toMatchObject({ code: 'not_supported' });
    expect(await signIn({ keep: 'session' })).toEqual({ by: 'keys', name: null, kept: 'session' });
    expect((await open.stores.accessOf(rootAt(ROOT))).keys?.reveal()).toEqual(KEYS);
    expectNoSecret();
    await again();
    expect(await open.stores.describe(rootAt(ROOT))).toEqual({ by: 'nothing', name: null, kept: null });
  });

  test('are used for the storage and the servers that they were given for only', async () => {
    await signIn();
    const others = ['s3://plates/lab', 's3://plates', 's3://other/lab?endpoint_url=http://127.0.0.1:9'];
    for (const other of [...others, 's3://plates/lab?endpoint_url=http://evil.example.org'])
      expect((await open.stores.accessOf(rootAt(other))).keys, other).toBe(undefined);
  });

  test('are forgotten at once, also within a store that is open', async () => {
    await signIn();
    const before = await open.stores.open(rootAt(ROOT));
    expect(await signOutStorage(context(), { storage: ROOT })).toEqual({ by: 'nothing', name: null, kept: null });
    expect(await open.stores.open(rootAt(ROOT))).not.toBe(before);
    await again(keychainOf(1));
    expect((await open.stores.accessOf(rootAt(ROOT))).keys).toBe(undefined);
  });

  test('that were tried for the session leave those alone that are kept', async () => {
    await signIn();
    await signIn({ keep: 'session', credentials: { ...KEYS, access_key_id: 'tried' } });
    expect((await open.stores.accessOf(rootAt(ROOT))).keys?.reveal().access_key_id).toBe('tried');
    expect(await signOutStorage(context(), { storage: ROOT, what: 'session' })).toEqual({
      by: 'keys',
      name: null,
      kept: 'keychain',
    });
    expect((await open.stores.accessOf(rootAt(ROOT))).keys?.reveal()).toEqual(KEYS);
  });

  test('go with their storage, sealed as they are', async () => {
    await addBucket();
    await signIn();
    await removeStorage(open, { storage: 'buCket000001' });
    expect(await open.workstation.db.selectFrom('credential').selectAll().execute()).toEqual([]);
    expect((await open.stores.accessOf(rootAt(ROOT))).keys).toBe(undefined);
  });

  test('before there is an instance, last for the session', async () => {
    const alone = { stores: workbench.stores, open: null };
    await expect(signInStorage(alone, { storage: ROOT, credentials: KEYS, keep: 'keychain' })).rejects.toMatchObject({
      code: 'no_instance',
    });
    await signInStorage(alone, { storage: ROOT, credentials: KEYS, keep: 'session' });
    expect((await workbench.stores.accessOf(rootAt(ROOT))).keys?.reveal()).toEqual(KEYS);
  });
});

test('S-18 a profile is kept by its name, without a keychain', async () => {
  await again();
  expect(await signIn({ credentials: { profile: 'lab' } })).toEqual({ by: 'profile', name: 'lab', kept: 'keychain' });
  await again();
  expect(await open.stores.accessOf(rootAt(ROOT))).toMatchObject({ profile: 'lab' });
});

test('S-18 the key file of a service account is kept like keys, and shown by its name', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const account = { type: 'service_account', client_email: 'lab@p.iam.gserviceaccount.com', private_key_id: 'k' };
  const service_account = JSON.stringify({ ...account, private_key: privateKey });
  const storage = 'gs://plates';
  expect(await signIn({ storage, credentials: { service_account } })).toEqual({
    by: 'service_account',
    name: account.client_email,
    kept: 'keychain',
  });
  expect(bytesOfHome().includes(privateKey.slice(100, 140))).toBe(false);
  const wrong = JSON.stringify({ type: 'external_account', private_key: CANARY });
  for (const [at, credentials] of [
    [storage, { service_account: wrong }],
    [storage, KEYS],
    [ROOT, { service_account }],
  ] as const) {
    const failure: unknown = await signIn({ storage: at, credentials }).catch((why: unknown) => why);
    expect(failure).toMatchObject({ code: 'invalid_argument' });
    expectNoSecret(failure);
  }
});

test('S-10 an endpoint that a registry names in a private network is asked once a person gave it here', async () => {
  await addBucket();
  const root = { ...rootAt(ROOT), fromRegistry: true as const };
  expect(await open.stores.accessOf(root)).toMatchObject({ isChosen: false });
  await signIn({ credentials: { profile: 'lab' } });
  await again();
  expect(await open.stores.accessOf(root)).toMatchObject({ isChosen: true });
});

describe('a storage whose servers are in the private network of the lab', () => {
  let server: Server;
  let endpoint = '';
  const root = (): string => `s3://plates/lab?endpoint_url=${endpoint}`;
  beforeEach(async () => {
    server = createServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/xml' }).end('<Error><Code>NoSuchKey</Code></Error>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'canary');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary');
    await addBucket(root());
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const tried = async (named: string, confirm = false) => {
    const ports = { fs: nodeFs(systemRandom), clock: systemClock, random: systemRandom };
    return (await testStorage({ ...context(), ...ports }, { root: named, managed: false, confirm })).items;
  };

  test('S-10 is reached as soon as a person tested it, also by whoever was refused before', async () => {
    const registered = { ...rootAt(root()), fromRegistry: true as const };
    const asking = async () => (await open.stores.open(registered)).stat('x').catch((why: unknown) => why);
    expect(await asking()).toMatchObject({ code: 'not_allowed' });
    await tried(root());
    expect(await asking()).toBe(null);
  });

  test('S-10 is asked by its name only where the person says that its address is right', async () => {
    const last = (await tried('buCket000001')).at(-1);
    expect(last).toMatchObject({ step: 'endpoint', ok: false, confirm: 'endpoint' });
    expect((await tried('buCket000001', true))[1]).toMatchObject({ step: 'endpoint', ok: true });
    expect((await tried('buCket000001'))[1]).toMatchObject({ step: 'endpoint', ok: true });
  });

  test('is tested by its root or its uid as it is registered', async () => {
    await open.stores.chosen(endpoint);
    for (const named of ['s3://plates/lab', 'buCket000001'])
      expect((await tried(named)).slice(0, 2), named).toMatchObject([
        { step: 'name', ok: true, message: expect.stringContaining('s3://plates/lab') as string },
        { step: 'endpoint', ok: true, message: `${endpoint} answers.` },
      ]);
    // What a person did not choose is not chosen by its name.
    expect((await tried('noStorage001')).at(-1)).toMatchObject({ step: 'name', ok: false });
  });

  test('S-18 whose keys the keychain does not give fails at the sign-in, not where nothing is wrong', async () => {
    await signIn({ storage: root() });
    await again(keychainOf(2));
    expect((await tried(root())).map(({ step, ok }) => [step, ok])).toEqual([
      ['name', true],
      ['endpoint', true],
      ['clock', true],
      ['sign-in', false],
    ]);
  });
});
