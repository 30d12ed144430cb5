/** Small files that a thread of its own reads and sends: what it does not do as it should, it leaves to others. */
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { smallFileThread, type SmallFileThread } from '../../src-main/engine/small-file-client.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { factsFromStats } from '../../src-main/ports/fs/file-facts.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { parseCloudRoot, type ObjectStore, type SmallFile } from '../../src-main/storage/index.ts';
import type { ContentSource } from '../../src-main/storage/objects/object-store.ts';
import type { S3Access } from '../../src-main/storage/objects/s3-client.ts';
import type { KnownWay } from '../../src-main/storage/objects/s3-short-request.ts';
import { openS3Store } from '../../src-main/storage/objects/s3-store.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { fakeClock } from '../watching/fake-clock.ts';
import { until } from '../watching/open-watching.ts';

const server = useS3('versitygw');
const WORDS = { metadata: { uid: 'abc' } };
let folder: string;
let proxy: FaultProxy;
let thread: SmallFileThread;
let store: ObjectStore;
let roots = 0;

/** So patient that whatever ends in a test was ended. */
const PATIENCE = { silence: 3_600_000, firstPause: 1, longestPause: 2 };

async function openStore(access: S3Access = {}): Promise<ObjectStore> {
  const root = parseCloudRoot(`s3://${server().bucket}/small-${String(roots++)}?endpoint_url=${proxy.endpoint}`);
  if (root === null) throw new Error('no bucket');
  const opened = await openS3Store(root, { patience: PATIENCE, ...access }, thread);
  // How it is reached is learned from the SDK.
  await opened.put('first', Buffer.from('x'));
  return opened;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-small-'));
  proxy = await startFaultProxy(server().endpoint);
  thread = smallFileThread(systemClock);
  for (const [name, value] of Object.entries(server().env)) vi.stubEnv(name, String(value));
  store = await openStore();
  proxy.reset();
});
afterEach(async () => {
  store.close();
  await thread.close();
  await proxy.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** How the SDK was seen to send to the server, and with whose keys. */
function openWay(): KnownWay {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = server().env;
  const names = { host: new URL(proxy.endpoint).host, 'user-agent': 'test' };
  const at = { origin: proxy.endpoint, lead: `/${server().bucket}/way-${String(roots++)}/` };
  return { ...at, names, region: 'us-east-1', keys: { accessKeyId, secretAccessKey }, clockOffset: 0 };
}

/** As it is noted when it is chosen for uploading. */
function write(name: string, bytes: Buffer): ContentSource {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return {
    path: rawFromText(path),
    facts: factsFromStats(lstatSync(path, { bigint: true })),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

async function read(source: ContentSource, of = store): Promise<SmallFile> {
  const file = await of.smallFiles?.read(source);
  if (file === undefined || file === null) throw new Error('it could not be read');
  return file;
}

const bytesOf = async (key: string): Promise<Buffer> => store.readRange(key, 0, 1_000_000);

describe('a small file', () => {
  it.each([0, 1, 20_480, 262_144])(
    'of %d bytes is put with its words, and told as the store tells it',
    async (size) => {
      const bytes = randomBytes(size);
      const file = await read(write('a', bytes));
      expect(file.checksums).toEqual({ crc32: crc32(bytes).toString(16).padStart(8, '0') });
      const put = await file.put('a/b.fcs', WORDS);
      expect(put?.there).toEqual(await store.stat('a/b.fcs'));
      expect(put?.there).toMatchObject({ size, checksums: file.checksums, metadata: { uid: 'abc' } });
      expect(put?.made).toMatchObject({ etag: put?.there.etag, version: put?.there.version });
      expect((await bytesOf('a/b.fcs')).equals(bytes)).toBe(true);
    },
  );

  it('many at once do not mix, in two buckets', async () => {
    const other = await openStore();
    const sources = Array.from({ length: 60 }, (_, n) => write(String(n), Buffer.from(`content ${String(n)}`)));
    await Promise.all(
      sources.map(async (source, n) => {
        const [at, key] = [n % 2 === 0 ? store : other, `k${String(n)}`];
        const file = await read(source, at);
        expect((await file.put(key, WORDS))?.there.size).toBe(source.facts.size);
        file.close();
        expect(String(await at.readRange(key, 0, 100))).toBe(`content ${String(n)}`);
      }),
    );
    expect(await store.stat('k1')).toBeNull();
    other.close();
  });

  it('is not read where it is not what it was to be', async () => {
    const gone = write('gone', randomBytes(10));
    rmSync(join(folder, 'gone'));
    const grown = write('grown', randomBytes(10));
    appendFileSync(join(folder, 'grown'), 'x');
    const touched = write('touched', randomBytes(10));
    utimesSync(join(folder, 'touched'), 1, 1);
    const other = { ...write('other', randomBytes(10)), sha256: '0'.repeat(64) };
    const replaced = write('replaced', Buffer.from('the same'));
    rmSync(join(folder, 'replaced'));
    writeFileSync(join(folder, 'kept inode'), '');
    write('replaced', Buffer.from('the same'));
    const linked = write('linked', Buffer.from('x'));
    rmSync(join(folder, 'linked'));
    symlinkSync(join(folder, 'grown'), join(folder, 'linked'));
    for (const source of [gone, grown, touched, other, replaced, linked])
      expect(await store.smallFiles?.read(source)).toBeNull();
    // What others read meanwhile is read all the same.
    await read(write('good', randomBytes(10)));
  });

  it('F-UP10 replaces nothing', async () => {
    await store.put('k', Buffer.from('somebody else’s'));
    const file = await read(write('a', Buffer.from('mine')));
    expect(await file.put('k', WORDS)).toBeNull();
    expect(String(await bytesOf('k'))).toBe('somebody else’s');
  });

  it.each(['lose answer', 'flip request', 'portal', { status: 503, code: 'SlowDown', retryAfter: 60 }] as const)(
    'whose request is spoilt (%j) is left to others, who find it or not',
    async (fault) => {
      const bytes = randomBytes(100);
      const file = await read(write('a', bytes));
      proxy.spoil({ kind: 'put' }, 1, fault);
      expect(await file.put('k', WORDS)).toBeNull();
      await proxy.settled();
      const there = await store.stat('k');
      expect(there?.size ?? null).toBe(fault === 'lose answer' ? 100 : null);
      expect(proxy.seen({ kind: 'put' })).toHaveLength(1);
      // The bytes are still there.
      if (there === null) expect((await file.put('k', WORDS))?.there.size).toBe(100);
    },
  );

  it('F-UP03 is sent again to a store that is busy, as late as it says', async () => {
    const file = await read(write('a', randomBytes(100)));
    proxy.spoil({ kind: 'put' }, 2, { status: 503, code: 'SlowDown' });
    proxy.spoil({ kind: 'stat' }, 1, { status: 429, code: 'TooManyRequests', retryAfter: 1 });
    expect((await file.put('k', WORDS))?.there.size).toBe(100);
    expect(proxy.seen({ kind: 'put' })).toHaveLength(3);
    expect(proxy.seen({ kind: 'stat' })).toHaveLength(2);
  });

  it('of which nobody says what is there then is left to others', async () => {
    const file = await read(write('a', randomBytes(100)));
    proxy.spoil({ kind: 'stat' }, 1, { status: 403, code: 'AccessDenied' });
    expect(await file.put('k', WORDS)).toBeNull();
    expect(await store.stat('k')).not.toBeNull();
  });

  it('that is stopped on its way comes to its end at once', async () => {
    const file = await read(write('a', randomBytes(100)));
    proxy.spoil({ kind: 'put' }, 1, 'stall');
    const controller = new AbortController();
    const putting = file.put('k', { ...WORDS, signal: controller.signal });
    await until(() => proxy.seen({ kind: 'put' }).length > 0, 'it is on its way');
    controller.abort();
    expect(await putting).toBeNull();
    expect(await file.put('k', { ...WORDS, signal: controller.signal })).toBeNull();
    expect(proxy.seen({ kind: 'put' })).toHaveLength(1);
    const source = write('b', randomBytes(100));
    expect(await store.smallFiles?.read(source, { signal: controller.signal })).toBeNull();
  });

  it('whose bytes were let go is not sent any more, and not one of a closed program', async () => {
    const file = await read(write('a', randomBytes(100)));
    file.close();
    expect(await file.put('k', WORDS)).toBeNull();
    const kept = await read(write('b', randomBytes(100)));
    await thread.close();
    expect(await kept.put('k', WORDS)).toBeNull();
    expect(await store.smallFiles?.read(write('c', randomBytes(100)))).toBeNull();
    expect(proxy.seen({ kind: 'put' })).toEqual([]);
  });
});

it('keys that are others by now are those that it is signed with', async () => {
  const [program, keys, config] = ['give-keys', 'keys.json', 'config'].map((name) => join(folder, name));
  if (program === undefined || keys === undefined || config === undefined) throw new Error('none');
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = server().env;
  // So soon over that they are asked for each time.
  const Expiration = new Date(Date.now() + 60_000).toISOString();
  const give = (AccessKeyId: string, SecretAccessKey: string): void => {
    writeFileSync(keys, JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, Expiration }));
  };
  writeFileSync(program, `#!/bin/sh\nexec cat ${keys}\n`, { mode: 0o755 });
  writeFileSync(config, `[profile lab]\nregion = us-east-1\ncredential_process = ${program}\n`);
  vi.stubEnv('AWS_CONFIG_FILE', config);
  give(id, secret);
  const other = await openStore({ profile: 'lab' });
  const put = async (key: string): Promise<unknown> => (await read(write(key, randomBytes(10)), other)).put(key, WORDS);
  expect(await put('first')).toBeNull();
  expect(await put('a')).not.toBeNull();
  give(id, 'another');
  expect(await put('b')).toBeNull();
  give(id, secret);
  expect(await put('b')).not.toBeNull();
  other.close();
});

it('S-10 what only a registry names leads into no private network', async () => {
  const way = openWay();
  const file = { key: 'k', fullKey: 'k', metadata: {} };
  const rules = { authority: null, connect: 3_000, silence: 10_000, attempts: 1, firstPause: 1, longestPause: 1 };
  for (const mayBePrivate of [false, true]) {
    const place = thread.connect({ ...rules, mayBePrivate });
    const held = await place.read(write('a', randomBytes(10)));
    if (held === null) throw new Error('it could not be read');
    proxy.reset();
    expect((await place.put(held.file, way, file)) === null).toBe(!mayBePrivate);
    expect(proxy.seen({ kind: 'put' })).toHaveLength(mayBePrivate ? 1 : 0);
    place.close();
  }
});

describe('a thread that is held up by a disk', () => {
  it('is given up: whoever waits does it another way, and the next files get another one', async () => {
    const [clock, gate] = [fakeClock(), join(folder, 'gate')];
    vi.stubEnv('BK_FAILPOINT', `hash.read.before#2=pause:${gate}`);
    const held = smallFileThread(clock);
    const place = held.connect({ ...PATIENCE, mayBePrivate: true, authority: null, connect: 3_000, attempts: 1 });
    const first = await place.read(write('a', randomBytes(10)));
    if (first === null) throw new Error('it could not be read');
    const way = openWay();
    const reading = place.read(write('b', randomBytes(10)));
    await until(() => existsSync(`${gate}.reached`), 'it hangs');
    const putting = place.put(first.file, way, { key: 'k', fullKey: 'k', metadata: {} });
    for (let beat = 0; beat < 4; beat++) await clock.advance(2_000);
    expect(await reading).toBeNull();
    expect(await putting).toBeNull();
    vi.stubEnv('BK_FAILPOINT', '');
    expect(await place.read(write('c', randomBytes(10)))).not.toBeNull();
    writeFileSync(gate, '');
    await held.close();
  });

  it('whoever stops waiting for it is free at once, and the program ends', async () => {
    const [clock, gate] = [fakeClock(), join(folder, 'gate')];
    vi.stubEnv('BK_FAILPOINT', `hash.read.before=pause:${gate}`);
    const held = smallFileThread(clock);
    const place = held.connect({ ...PATIENCE, mayBePrivate: true, authority: null, connect: 3_000, attempts: 1 });
    const controller = new AbortController();
    const reading = place.read(write('a', randomBytes(10)), controller.signal);
    const other = place.read(write('b', randomBytes(10)));
    await until(() => existsSync(`${gate}.reached`), 'it hangs');
    controller.abort();
    expect(await reading).toBeNull();
    const closing = held.close();
    await clock.advance(1_000);
    await closing;
    expect(await other).toBeNull();
    writeFileSync(gate, '');
  });
});

it('without a file for a while the thread ends, and the next file starts another one', async () => {
  const clock = fakeClock();
  const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
  const idle = smallFileThread(clock);
  const place = idle.connect({ ...PATIENCE, mayBePrivate: true, authority: null, connect: 3_000, attempts: 1 });
  const before = threads();
  for (let n = 0; n < 2; n++) {
    const file = await place.read(write(String(n), randomBytes(10)));
    if (file === null) throw new Error('it could not be read');
    expect(threads()).toBeGreaterThan(before);
    place.letGo(file.file);
    await clock.advance(10_000);
    await until(() => threads() === before, 'it ended');
  }
  await idle.close();
});
