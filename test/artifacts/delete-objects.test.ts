/** Deleting what lies in a bucket: what goes, what stays, and what is said of it. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  artifactPath,
  deleteArtifacts,
  finishRemovals,
  planDeletion,
  readContext,
} from '../../src-main/artifacts/index.ts';
import { planRemovals } from '../../src-main/artifacts/pending-removals.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { startFaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openPlace, type TestPlace } from './open-place.ts';

const server = useS3('versitygw', { versioned: true });
let place: TestPlace;
beforeEach(async () => {
  place = await openPlace(server());
});
afterEach(() => place.close());

const root = (): string => `${place.at}?endpoint_url=${server().endpoint}`;
const add = (managed: boolean) => addStorage(place.lab.context, { root: root(), managed, watch: false });
const remove = (artifacts: string[], storage: boolean | null) =>
  deleteArtifacts(place.lab.context, { artifacts, storage });

async function versionsOf(key: string): Promise<number> {
  const answer = await server().admin.send(
    new ListObjectVersionsCommand({
      Bucket: server().bucket,
      Prefix: `${place.at.split('/').slice(3).join('/')}/${key}`,
    }),
  );
  return (answer.Versions ?? []).length;
}

describe('F-TR06 in a bucket that keeps versions', () => {
  test('of a linked one only the record goes, and the place of the file is told', async () => {
    await add(false);
    await place.put('a.csv', 'a');
    await place.put('d/b.csv', 'b');
    const { items } = await place.lab.save([place.address('a.csv'), place.address('d')]);
    const uids = items.map(({ uid }) => uid);
    const plan = await planDeletion(readContext(place.lab.context), { artifacts: uids });
    expect(plan.items[0]).toMatchObject({ linked: true, in_place: `${place.at}/a.csv`, managed: null });
    await expect(remove(uids, true)).rejects.toMatchObject({ code: 'storage_linked' });
    expect(await remove(uids, null)).toMatchObject({
      removed: [],
      remains: [`a file remains here: ${place.at}/a.csv`, `a folder remains here: ${place.at}/d`],
    });
    expect(await place.store.stat('a.csv')).not.toBe(null);
    expect(await place.lab.rows()).toEqual([]);
  });

  test('of a managed one the object goes by its version when that is asked for, and earlier ones are told', async () => {
    await add(true);
    await place.put('a.csv', 'one');
    await place.put('a.csv', 'two');
    const one = await place.lab.saveOne(place.address('a.csv'));
    expect((await remove([one.uid], null)).remains).toEqual([`a file remains here: ${place.at}/a.csv`]);
    const again = await place.lab.saveOne(place.address('a.csv'));
    const done = await remove([again.uid], true);
    expect(done).toMatchObject({
      removed: [`${place.at}/a.csv`],
      remains: [`1 earlier version of it remains here: ${place.at}/a.csv`],
    });
    expect(await versionsOf('a.csv')).toBe(1);
    expect(await place.lab.rows()).toEqual([]);
  });

  test('of a folder every object goes', async () => {
    await add(true);
    for (let n = 0; n < 20; n++) await place.put(`d/${String(n)}`, String(n));
    await place.put('d2', 'x');
    const one = await place.lab.saveOne(place.address('d'));
    await place.lab.saveOne(place.address('d/7'));
    await expect(remove([one.uid], true)).rejects.toMatchObject({ code: 'refused' });
    await place.put('d/new', 'y');
    await expect(remove([one.uid, (await place.lab.rows())[1]?.uid ?? ''], true)).rejects.toMatchObject({
      code: 'file_changed',
    });
    await server().admin.send(
      new DeleteObjectCommand({ Bucket: server().bucket, Key: `${place.at.split('/').slice(3).join('/')}/d/new` }),
    );
    await remove([one.uid, (await place.lab.rows())[1]?.uid ?? ''], true);
    expect(await versionsOf('d/1')).toBe(0);
    expect(await place.store.stat('d2')).not.toBe(null);
  });

  test('what was overwritten there is still to be had, as the version that it was', async () => {
    await add(false);
    await place.put('a.csv', 'one');
    const first = await place.lab.saveOne(place.address('a.csv'));
    await place.put('a.csv', 'another');
    const second = await place.lab.saveOne(place.address('a.csv'));
    expect(second.uid.slice(0, 16)).toBe(first.uid.slice(0, 16));
    expect(await place.lab.row(first.uid)).toMatchObject({ is_latest: 0, state: 'unverified' });
    const { path } = await artifactPath(readContext(place.lab.context), { artifact: first.uid });
    expect(path).toMatch(/\/a\.csv\?versionId=.+/);
    expect(await place.lab.verify({ artifacts: [first.uid, second.uid], registry: true })).toMatchObject({ ok: 3 });
    expect((await place.lab.row(first.uid)).sha256).not.toBe(null);
    await expect(place.lab.save(path)).rejects.toMatchObject({ code: 'not_supported' });
  });

  test('where the store refuses, the record stays, and it is said what stays', async () => {
    const proxy = await startFaultProxy(server().endpoint);
    try {
      const at = `${place.at}/refused`;
      await addStorage(place.lab.context, {
        root: `${at}?endpoint_url=${proxy.endpoint}`,
        managed: true,
        watch: false,
      });
      await place.put('refused/a.csv', 'a');
      await place.put('refused/b.csv', 'b');
      const { items } = await place.lab.save([`${at}/a.csv`, `${at}/b.csv`]);
      proxy.spoil({ method: 'DELETE', url: /a\.csv/ }, 99, { status: 403, code: 'AccessDenied' });
      const uids = items.map(({ uid }) => uid);
      await expect(remove(uids, true)).rejects.toMatchObject({
        code: 'not_allowed',
        message: expect.stringContaining(`a file remains here: ${at}/a.csv`) as string,
        remedy: expect.stringContaining('Its record stays. 1 others were deleted.') as string,
      });
      expect((await place.lab.rows()).map(({ uid }) => uid)).toEqual([uids[0]]);
      expect(await place.store.stat('refused/a.csv')).not.toBe(null);
      expect(await place.store.stat('refused/b.csv')).toBe(null);
      // What was planned is over: nothing is deleted behind anybody's back later.
      proxy.reset();
      await finishRemovals(place.lab.context);
      expect(await place.store.stat('refused/a.csv')).not.toBe(null);
      expect((await remove([uids[0] ?? ''], true)).removed).toEqual([`${at}/a.csv`]);
    } finally {
      await proxy.stop();
    }
  });

  test('F-TR03 a program that ended in between says that the content is gone', async () => {
    await add(true);
    await place.put('a.csv', 'a');
    const one = await place.lab.saveOne(place.address('a.csv'));
    const storage = await place.lab.storage(place.at);
    await planRemovals(place.lab.context, [
      { uid: one.uid, storageUid: storage.uid, path: rawFromText('a.csv'), kind: 'object' },
    ]);
    await place.store.delete('a.csv');
    await finishRemovals(place.lab.context);
    expect(await place.lab.row(one.uid)).toMatchObject({ state: 'missing' });
    // Asked for again, it comes to its end.
    expect((await remove([one.uid], true)).items).toHaveLength(1);
  });
});

test('F-TR06 in a bucket with object lock the object stays until its time, and so does the record', async (context) => {
  const Bucket = 'locked-bucket';
  const { admin, endpoint } = server();
  await admin.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const { VersionId } = await admin.send(new PutObjectCommand({ Bucket, Key: 'kept.csv', Body: 'a' }));
  try {
    const RetainUntilDate = new Date(Date.now() + 3_600_000);
    await admin.send(
      new PutObjectRetentionCommand({
        Bucket,
        Key: 'kept.csv',
        VersionId,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate },
      }),
    );
  } catch (error) {
    context.skip(`versitygw has no object lock here: ${(error as Error).name}`);
  }
  await addStorage(place.lab.context, { root: `s3://${Bucket}?endpoint_url=${endpoint}`, managed: true, watch: false });
  const one = await place.lab.saveOne(`s3://${Bucket}/kept.csv`);
  await expect(remove([one.uid], true)).rejects.toMatchObject({
    code: 'not_allowed',
    message: expect.stringContaining(`a file remains here: s3://${Bucket}/kept.csv`) as string,
  });
  expect(await place.lab.row(one.uid)).toMatchObject({ visibility: 1, is_latest: 1 });
});
