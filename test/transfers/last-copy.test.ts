/** What was registered where it is, and overwritten there: the cache may have the last copy of what it was. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { bringBack, cacheArtifact, freeArtifacts, saveArtifacts } from '../../src-main/artifacts/index.ts';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { cloudCopies, evictCached, evictOverLimit, lookAtLastCopies } from '../../src-main/transfers/index.ts';
import { bytesOnlyHere } from '../../src-main/transfers/last-copies.ts';
import { markCloudCopy, type CloudLoss } from '../../src-main/transfers/mark-cloud-copy.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { openPlace, type TestPlace } from '../artifacts/open-place.ts';
import { useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();
let place: TestPlace;
beforeEach(async () => {
  place = await openPlace(server());
});
afterEach(() => place.close());

const cache = async (artifact: string): Promise<string> =>
  (await ended(cacheArtifact(place.lab.context, { artifact, to: null }))).path;
const back = (artifact: string) => ended(bringBack(place.lab.context, { artifacts: [artifact] }));
const told = async () => (await listInbox(place.lab.context, { limit: 10 })).items;
const cached = (): string[] => readdirSync(join(rawToDisplay(place.lab.context.folder), 'cache')).sort();

/** Saved, fetched, overwritten by somebody, and saved again. */
async function overwritten(first = 'what it was'): Promise<{ uid: string; next: string }> {
  await place.put('a.csv', first);
  const { uid } = await place.lab.saveOne(place.address('a.csv'));
  await cache(uid);
  await place.put('a.csv', 'other');
  const { uid: next } = await place.lab.saveOne(place.address('a.csv'));
  expect(await place.lab.row(uid)).toMatchObject({ state: 'missing', state_reason: 'overwritten' });
  return { uid, next };
}

test('F-CA05 it is told with what to do, and not evicted', async () => {
  const { uid } = await overwritten();
  const reason = `The only copy of "a.csv" is in the cache of this computer: what was in s3://${server().bucket} was overwritten. Give it a place where it stays: benchkeep bring-back ${uid}.`;
  expect(await told()).toMatchObject([
    { state: 'failed', reason: reason.replace(/a\.csv/, () => keyOf()), can: ['ignore'] },
  ]);
  expect(await evictCached(place.lab.context, uid, signal)).toEqual({
    kind: 'kept',
    reason: 'it is only on this computer',
  });
  expect((await ended(freeArtifacts(place.lab.context, { artifacts: null }))).kept).toMatchObject([{ uid }]);
  expect(readFileSync(await cache(uid), 'utf8')).toBe('what it was');
});

/** Its name in the registry. */
function keyOf(): string {
  return `${place.at.slice(`s3://${server().bucket}/`.length)}/a.csv`;
}

test('where it can’t be said at once the save is no failure, and the next look says it', async () => {
  await place.put('a.csv', 'what it was');
  const { uid } = await place.lab.saveOne(place.address('a.csv'));
  const path = await cache(uid);
  await place.put('a.csv', 'other');
  const { context } = place.lab;
  const look: typeof context.fs.look = (at) =>
    rawToDisplay(at) === path
      ? Promise.reject(new BenchkeepError('io_error', 'EIO', 'Look at the disk.'))
      : context.fs.look(at);
  const saving = saveArtifacts(
    { ...context, fs: { ...context.fs, look } },
    {
      paths: [place.address('a.csv')],
      labels: [],
      new: false,
    },
  );
  expect((await ended(saving)).items).toMatchObject([{ state: 'unverified' }]);
  expect(await told()).toEqual([]);
  await lookAtLastCopies(context, signal);
  expect(await told()).toHaveLength(1);
});

test('others don’t go for it, though the cache is over its limit', async () => {
  const { next } = await overwritten('x'.repeat(5000));
  await cache(next);
  await place.put('b.csv', 'y'.repeat(400));
  const { uid: second } = await place.lab.saveOne(place.address('b.csv'));
  await cache(second);
  expect(cached()).toHaveLength(3);
  await setSettings(place.lab.context, { cache_limit: 1000 });
  expect(await evictOverLimit(place.lab.context, { signal })).toBe(0);
  expect(cached()).toHaveLength(3);
  await setSettings(place.lab.context, { cache_limit: 402 });
  expect(await evictOverLimit(place.lab.context, { signal })).toBe(5);
  expect(cached()).toHaveLength(2);
});

test('brought back it has a copy of its own here, and nothing is told any more', async () => {
  const { uid } = await overwritten();
  const { items } = await back(uid);
  const path = join(place.lab.lab, '.lamindb', `${uid}.csv`);
  expect(items).toMatchObject([{ uid, state: 'ok', state_reason: null, storage: { root: place.lab.lab } }]);
  expect(items[0]?.copies.map((copy) => copy.path)).toEqual([path]);
  expect(readFileSync(path, 'utf8')).toBe('what it was');
  expect([await told(), cached()]).toEqual([[], []]);
  expect(await place.lab.verify({ artifacts: [uid] })).toMatchObject({ ok: 1, failed: [] });
  expect(await cache(uid)).toBe(path);
});

test('a folder, too', async () => {
  await place.put('f/a', 'aa');
  await place.put('f/sub/b', 'b');
  const { uid } = await place.lab.saveOne(place.address('f'));
  const files = filesIn(await cache(uid));
  await place.put('f/a', 'cc');
  await place.lab.saveOne(place.address('f'));
  expect(await told()).toHaveLength(1);
  await back(uid);
  expect(filesIn(join(place.lab.lab, '.lamindb', uid))).toEqual(files);
  expect([await told(), cached(), await place.lab.row(uid)]).toMatchObject([[], [], { state: 'ok' }]);
});

describe('what the bucket lost', () => {
  /** Saved, fetched, removed by somebody, and found so. */
  async function lost(loss: CloudLoss): Promise<string> {
    await place.put('a.csv', 'what it was');
    const { uid } = await place.lab.saveOne(place.address('a.csv'));
    await cache(uid);
    const { context } = place.lab;
    const artifact = await place.lab.row(uid);
    const [copy] = await cloudCopies(context, artifact.id);
    if (copy === undefined) throw new Error('no copy');
    await markCloudCopy(context, artifact, copy, loss);
    await lookAtLastCopies(context, signal);
    return uid;
  }

  const last = async () => (await told()).filter(({ reason }) => reason?.startsWith('The only copy of'));

  test.each([
    ['cloud-gone', 'is gone'],
    ['cloud-mismatch', 'is other content now'],
  ] as const)('F-UP11 %s: the copy in the cache is the last one, and is offered', async (loss, words) => {
    const uid = await lost(loss);
    expect((await last())[0]?.reason).toMatch(`what was in s3://${server().bucket} ${words}.`);
    expect(await bytesOnlyHere(place.lab.context)).toBe('what it was'.length);
    const { items } = await back(uid);
    // The bucket is not where it is at home any more.
    expect(items).toMatchObject([{ uid, state: 'ok', storage: { root: place.lab.lab } }]);
    expect([await last(), cached()]).toEqual([[], []]);
  });
});

test('where another computer registered it the next look at the cache tells it, once; what a person left alone stays so', async () => {
  const { uid } = await overwritten();
  const { context } = place.lab;
  await context.workstation.db.deleteFrom('inbox').execute();
  await lookAtLastCopies(context, signal);
  expect(await told()).toMatchObject([{ state: 'failed' }]);
  await context.workstation.db.updateTable('inbox').set({ state: 'ignored', cause: 'person' }).execute();
  await lookAtLastCopies(context, signal);
  expect(await told()).toMatchObject([{ state: 'ignored' }]);
  await context.workstation.db.updateTable('inbox').set({ state: 'failed', cause: 'last copy' }).execute();
  rmSync(await cache(uid));
  await lookAtLastCopies(context, signal);
  expect(await told()).toEqual([]);
});

test('where something comes to its place meanwhile it is as it was', async () => {
  const { uid } = await overwritten();
  const { context } = place.lab;
  const path = join(place.lab.lab, '.lamindb', `${uid}.csv`);
  const racing = {
    ...context,
    onCommitted: (...words: Parameters<typeof context.onCommitted>) => {
      if (words[0].operation === 'bring back') {
        mkdirSync(join(place.lab.lab, '.lamindb'), { recursive: true });
        writeFileSync(path, 'mine');
      }
      context.onCommitted(...words);
    },
  };
  await expect(ended(bringBack(racing, { artifacts: [uid] }))).rejects.toMatchObject({ code: 'already_exists' });
  const storage = await place.lab.storage(`s3://${server().bucket}`);
  expect(await place.lab.row(uid)).toMatchObject({
    state: 'missing',
    state_reason: 'overwritten',
    storage_id: storage.id,
  });
  expect([cached(), (await told()).length, existsSync(path)]).toEqual([[`${uid}.csv`], 1, true]);
});
