/** Objects and folders that were registered where they are in a store, fetched by whoever wants them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheArtifact } from '../../src-main/artifacts/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { openGcsStore } from '../../src-main/storage/objects/gcs-store.ts';
import { addStorage, parseCloudRoot, storeOf } from '../../src-main/storage/index.ts';
import { evictCached } from '../../src-main/transfers/index.ts';
import { ended, openArtifacts, type TestArtifacts } from '../artifacts/open-artifacts.ts';
import { openPlace, type TestPlace } from '../artifacts/open-place.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const server = useS3('versitygw');
let place: TestPlace;
beforeEach(async () => {
  place = await openPlace(server());
});
afterEach(() => place.close());

const cache = (artifact: string): Promise<{ path: string }> =>
  ended(cacheArtifact(place.lab.context, { artifact, to: null }));
const manifestHere = (uid: string): string =>
  join(rawToDisplay(place.lab.context.folder), 'manifests', `${uid}.tsv.gz`);
const stateOf = async (uid: string): Promise<unknown> => {
  const { state, state_reason: reason } = await place.lab.row(uid);
  return { state, reason };
};

describe('a folder that another computer verified', () => {
  const lines = `${sha256('aa')}\t2\ta\n${sha256('b')}\t1\tsub/b\n`;

  /** Its list here is of what the store says; the registry got its checksum from elsewhere. */
  async function verifiedElsewhere(): Promise<string> {
    await place.put('f/a', 'aa');
    await place.put('f/sub/b', 'b');
    const { uid } = await place.lab.saveOne(place.address('f'));
    const marks = readFileSync(manifestHere(uid));
    expect(String(gunzipSync(marks))).toContain('md5:');
    await place.lab.context.registry.db
      .updateTable('artifact')
      .set({ sha256: sha256(lines), state: 'ok', state_reason: null })
      .where('uid', '=', uid)
      .execute();
    return uid;
  }

  test('is fetched here, and stays what it is for everybody', async () => {
    const uid = await verifiedElsewhere();
    const { path } = await cache(uid);
    expect(filesIn(path)).toEqual(
      new Map([
        ['a', Buffer.from('aa')],
        ['sub/b', Buffer.from('b')],
      ]),
    );
    expect(await stateOf(uid)).toEqual({ state: 'ok', reason: null });
    expect(String(gunzipSync(readFileSync(manifestHere(uid))))).toBe(lines);
  });

  test('has the whole list after it is verified here', async () => {
    const uid = await verifiedElsewhere();
    expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
    expect(String(gunzipSync(readFileSync(manifestHere(uid))))).toBe(lines);
    rmSync(manifestHere(uid));
    expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
    expect(existsSync(manifestHere(uid))).toBe(true);
  });
});

describe('what was registered where it is', () => {
  test('an object is fetched by what its store calls it, and has its checksum from then on', async () => {
    await place.put('a.csv', 'hello\n');
    const { uid } = await place.lab.saveOne(place.address('a.csv'));
    const { path } = await cache(uid);
    expect(readFileSync(path, 'utf8')).toBe('hello\n');
    expect(await place.lab.row(uid)).toMatchObject({ sha256: sha256('hello\n'), state: 'ok', state_reason: null });
    expect(await cache(uid)).toEqual({ path });
    const copied = join(place.lab.base, 'copy.csv');
    await ended(cacheArtifact(place.lab.context, { artifact: uid, to: copied }));
    expect(readFileSync(copied, 'utf8')).toBe('hello\n');
  });

  test('fetched and copied in one go, it is proven too', async () => {
    await place.put('a.csv', 'hello\n');
    const { uid } = await place.lab.saveOne(place.address('a.csv'));
    const copied = join(place.lab.base, 'copy.csv');
    await ended(cacheArtifact(place.lab.context, { artifact: uid, to: copied }));
    expect(readFileSync(copied, 'utf8')).toBe('hello\n');
  });

  test('an object that was overwritten is not fetched, and what to do is said', async () => {
    await place.put('a.csv', 'hello\n');
    const { uid } = await place.lab.saveOne(place.address('a.csv'));
    await place.put('a.csv', 'jello\n');
    await expect(cache(uid)).rejects.toMatchObject({
      code: 'wrong_content',
      remedy: expect.stringContaining(`benchkeep save "${place.at}/a.csv"`) as string,
    });
    expect(await stateOf(uid)).toEqual({ state: 'missing', reason: 'cloud-mismatch' });
    await place.put('a.csv', 'hello\n');
    await cache(uid);
    expect(await stateOf(uid)).toEqual({ state: 'ok', reason: null });
  });

  test('a folder is fetched on a computer that has no list of it; one that changed is not', async () => {
    await place.put('f/a', 'aa');
    await place.put('f/sub/b', 'b');
    const { uid } = await place.lab.saveOne(place.address('f'));
    rmSync(manifestHere(uid));
    await place.put('f/sub/b', 'c');
    await expect(cache(uid)).rejects.toMatchObject({ code: 'wrong_content' });
    await place.put('f/sub/b', 'b');
    const { path } = await cache(uid);
    expect(filesIn(path).get('sub/b')).toEqual(Buffer.from('b'));
    const lines = `${sha256('aa')}\t2\ta\n${sha256('b')}\t1\tsub/b\n`;
    expect(await place.lab.row(uid)).toMatchObject({ sha256: sha256(lines), state: 'ok', state_reason: null });
    expect(String(gunzipSync(readFileSync(manifestHere(uid))))).toBe(lines);
    expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
  });

  test('of the next version of a folder only what is new is fetched', async () => {
    await place.put('f/a', 'aa');
    await place.put('f/b', 'b');
    const first = await place.lab.saveOne(place.address('f'));
    await cache(first.uid);
    await place.put('f/c', 'new');
    const { uid } = await place.lab.saveOne(place.address('f'));
    expect(uid).not.toBe(first.uid);
    const store = await storeOf(place.lab.context, await place.lab.storage(`s3://${server().bucket}`));
    const asked = vi.spyOn(store, 'readRange');
    const { path } = await cache(uid);
    expect([...filesIn(path).keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(asked.mock.calls.map(([key]) => key.split('/').at(-1))).toEqual(['c']);
  });
});

for (const kind of ['versitygw', 'minio'] as const) {
  describe(`of a bucket that keeps versions, on ${kind}`, () => {
    const versioned = useS3(kind, { versioned: true });

    test('an older version of an object is fetched, verified and evicted as what it is', async () => {
      const own = await openPlace(versioned());
      try {
        await checkOlder(own.lab, own.address('a.csv'), (text) => own.put('a.csv', text));
      } finally {
        await own.close();
      }
    });
  });
}

describeGcs('of a bucket of Google that keeps versions', (gcs) => {
  test('an older version of an object is fetched, verified and evicted as what it is', async () => {
    const bucket = `versions-${String(Date.now())}`;
    const made = await fetch(`${gcs.gcs.endpoint}/storage/v1/b?project=test`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket, versioning: { enabled: true } }),
    });
    expect(made.ok).toBe(true);
    const root = parseCloudRoot(`gs://${bucket}?api_endpoint=${gcs.gcs.endpoint}`);
    if (root === null) throw new Error('no root');
    const store = await openGcsStore(root, {});
    const lab = await openArtifacts();
    try {
      await addStorage(lab.context, {
        root: `${root.root}?api_endpoint=${gcs.gcs.endpoint}`,
        managed: false,
        watch: false,
      });
      await checkOlder(lab, `${root.root}/a.csv`, async (text) => void (await store.put('a.csv', Buffer.from(text))));
    } finally {
      store.close();
      await lab.close();
    }
  });
});

/** Saved, overwritten, saved again; then the first is asked for. */
async function checkOlder(lab: TestArtifacts, address: string, put: (text: string) => Promise<void>): Promise<void> {
  const cacheIn = async (artifact: string): Promise<string> =>
    readFileSync((await ended(cacheArtifact(lab.context, { artifact, to: null }))).path, 'utf8');
  await put('the first');
  const first = await lab.saveOne(address);
  await put('another');
  const second = await lab.saveOne(address);
  expect(second.uid.slice(0, 16)).toBe(first.uid.slice(0, 16));
  expect((await lab.row(first.uid)).state).toBe('unverified');
  expect(await cacheIn(first.uid)).toBe('the first');
  expect(await cacheIn(second.uid)).toBe('another');
  for (const uid of [first.uid, second.uid])
    expect(await lab.row(uid)).toMatchObject({ state: 'ok', state_reason: null });
  expect((await lab.row(first.uid)).sha256).toBe(sha256('the first'));
  expect(await lab.verify({ artifacts: [first.uid, second.uid] })).toMatchObject({ ok: 2, failed: [] });
  expect((await evictCached(lab.context, first.uid, new AbortController().signal)).kind).toBe('evicted');
  expect(await cacheIn(first.uid)).toBe('the first');
}
