/** A folder artifact that lies in a bucket: saved there, fetched, read, evicted and deleted. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheArtifact, deleteArtifacts, verify } from '../../src-main/artifacts/index.ts';
import { evictCached } from '../../src-main/transfers/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';
import { die, openCloudLab, type CloudLab } from './open-cloud-lab.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/in-cloud-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

/** A folder outside of every storage. */
function outside(name = 'run1.d', n = 20): { folder: string; files: Map<string, Buffer> } {
  const folder = join(lab.base, name);
  for (let i = 0; i < n; i++) {
    mkdirSync(join(folder, `d ${String(i % 3)}`), { recursive: true });
    writeFileSync(join(folder, `d ${String(i % 3)}`, `é+${String(i)}%.bin`), randomBytes(100 + i));
  }
  return { folder, files: filesIn(folder) };
}

/** Saved into the bucket. */
async function sent(): Promise<{ uid: string; folder: string; files: Map<string, Buffer> }> {
  const { folder, files } = outside();
  const { uid } = await lab.save(folder, { key: 'run1.d', upload: true });
  return { uid, folder, files };
}

async function keysOf(uid: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await lab.store()).list('.lamindb/')) if (key.includes(uid)) keys.push(key);
  return keys;
}

const manifestHere = (uid: string): string => join(lab.context.folder, 'manifests', `${uid}.tsv.gz`);
const cachedAt = (uid: string): string => join(lab.context.folder, 'cache', `${uid}.d`);
const cache = (artifact: string, to?: string): Promise<{ path: string }> =>
  ended(cacheArtifact(lab.context, { artifact, to: to ?? null }));
const check = (uid: string) => ended(verify(lab.context, { artifacts: [uid], all: false, registry: false }));

describe('saved into a bucket', () => {
  it('is recorded when all of it is there, and nothing here is touched', async () => {
    const { uid, folder, files } = await sent();
    expect((await lab.copies(uid)).map(({ path }) => path.toString())).toEqual([`.lamindb/${uid}.d`]);
    expect((await keysOf(uid)).length).toBe(21);
    expect(filesIn(folder)).toEqual(files);
    expect(existsSync(manifestHere(uid))).toBe(true);
    expect((await lab.transfers()).map(({ state }) => state)).toEqual(['done']);
    expect(readdirSync(join(lab.context.folder, 'manifests'))).toEqual([`${uid}.tsv.gz`]);
    // Saved again it is known.
    expect((await lab.save(folder, { key: 'run1.d', upload: true })).uid).toBe(uid);
  });

  it('killed in the middle it goes on under the same uid', async () => {
    const { folder, files } = outside();
    let puts = 0;
    lab.after('put', (key) => {
      if (key.includes('.bin') && ++puts === 10) die();
    });
    await expect(lab.save(folder, { key: 'run1.d', upload: true })).rejects.toThrow();
    lab.after('put', null);
    await lab.restart();
    const { uid } = await lab.save(folder, { key: 'run1.d', upload: true });
    const [row] = await lab.transfers();
    expect(row).toMatchObject({ artifact_uid: uid, state: 'done' });
    expect(await lab.transfers()).toHaveLength(1);
    await cache(uid);
    expect(filesIn(cachedAt(uid))).toEqual(files);
  });

  it('a file that comes into the folder meanwhile: nothing is saved, and nothing stays there', async () => {
    const { folder } = outside();
    lab.after('put', (key) => {
      if (key.includes('manifests/')) writeFileSync(join(folder, 'late.txt'), 'late');
    });
    await expect(lab.save(folder, { key: 'run1.d', upload: true })).rejects.toMatchObject({ code: 'file_changed' });
    expect(await keysOf('.d/')).toEqual([]);
    expect(await keysOf('manifests/')).toEqual([]);
    lab.after('put', null);
    await lab.save(folder, { key: 'run1.d', upload: true });
  });
});

describe('fetched', () => {
  it('appears whole in the cache, also where this computer has no list of it; `to` copies it', async () => {
    const { uid, files } = await sent();
    rmSync(manifestHere(uid));
    expect(await cache(uid)).toEqual({ path: cachedAt(uid) });
    expect(filesIn(cachedAt(uid))).toEqual(files);
    const to = join(lab.base, 'copy');
    await cache(uid, to);
    expect(filesIn(to)).toEqual(files);
    await expect(cache(uid, to)).rejects.toMatchObject({ code: 'already_exists' });
  });

  it('stopped in the middle it goes on, and nothing is seen of it before', async () => {
    const { uid, files } = await sent();
    let looks = 0;
    lab.before('stat', (key) => {
      if (key.endsWith('.bin') && ++looks === 12) die();
    });
    await expect(cache(uid)).rejects.toThrow();
    expect(existsSync(cachedAt(uid))).toBe(false);
    await lab.restart();
    looks = 100;
    await cache(uid);
    expect(looks - 100).toBeLessThan(16);
    expect(filesIn(cachedAt(uid))).toEqual(files);
    expect(lab.cached()).toEqual([`${uid}.d`]);
  });

  it('a member with other bytes: it is not fetched, the record says so, and what came is kept for when it is right', async () => {
    const { uid, files } = await sent();
    const key = `.lamindb/${uid}.d/d 0/é+0%.bin`;
    await (await lab.store()).put(key, randomBytes(100));
    await expect(cache(uid)).rejects.toMatchObject({ code: 'wrong_content' });
    expect(lab.cached()).toEqual([expect.stringMatching(/^\.benchkeep-.*\.part$/)]);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'missing', state_reason: 'cloud-mismatch' });
    await (await lab.store()).put(key, files.get('d 0/é+0%.bin') ?? Buffer.alloc(0));
    let reads = 0;
    lab.before('readRange', (of) => void (reads += of.endsWith('.bin') ? 1 : 0));
    await cache(uid);
    expect(reads).toBeLessThan(files.size);
    expect(filesIn(cachedAt(uid))).toEqual(files);
    expect(lab.cached()).toEqual([`${uid}.d`]);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok' });
  });
});

describe('evicted', () => {
  it('goes where each file is proven to be in the bucket', async () => {
    const { uid } = await sent();
    await cache(uid);
    expect(await evictCached(lab.context, uid, signal)).toMatchObject({ kind: 'evicted' });
    expect(lab.cached()).toEqual([]);
  });

  it('stays where a member is not there any more; what was edited is put aside', async () => {
    const { uid } = await sent();
    await cache(uid);
    await (await lab.store()).delete(`.lamindb/${uid}.d/d 0/é+0%.bin`);
    expect(await evictCached(lab.context, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(lab.cached()).toEqual([`${uid}.d`]);
    appendFileSync(join(cachedAt(uid), 'd 1/é+1%.bin'), 'work');
    expect(await evictCached(lab.context, uid, signal)).toMatchObject({ kind: 'kept' });
    expect(lab.cached()).toEqual([`edited-1-${uid}.d`]);
  });
});

it('is verified by reading its members; what others put below it is none of it', async () => {
  const { uid } = await sent();
  const store = await lab.store();
  await store.put(`.lamindb/${uid}.d/theirs`, Buffer.from('x'));
  expect((await check(uid)).failed).toEqual([]);
  await store.put(`.lamindb/${uid}.d/d 2/é+2%.bin`, randomBytes(102));
  expect((await check(uid)).failed).toMatchObject([{ uid, reason: expect.stringContaining('é+2') as string }]);
  expect(await lab.artifact(uid)).toMatchObject({ state: 'changed' });
});

it('is deleted with exactly its members and its list; what others put there remains and is named', async () => {
  const { uid } = await sent();
  const store = await lab.store();
  await store.put(`.lamindb/${uid}.d/theirs`, Buffer.from('x'));
  rmSync(manifestHere(uid));
  const { remains } = await deleteArtifacts(lab.context, { artifacts: [uid], storage: null });
  expect(remains).toEqual([expect.stringContaining('/theirs') as string]);
  expect(await keysOf(uid)).toEqual([`.lamindb/${uid}.d/theirs`]);
});
