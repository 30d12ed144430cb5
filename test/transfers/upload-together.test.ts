/** Small files that go together: each comes to the same end as it would alone, whatever becomes of the others. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { deleteArtifacts, replaceArtifact } from '../../src-main/artifacts/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { useS3 } from '../stores/use-s3.ts';
import { die, openCloudLab, type CloudLab, type Hook } from './open-cloud-lab.ts';

const server = useS3('versitygw');
const MANY = 40;
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/together-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

interface Small {
  uid: string;
  /** In the folder of this computer. */
  path: string;
  bytes: Buffer;
}

/** Registered where they are. */
async function small(n = MANY): Promise<Small[]> {
  const files: Small[] = [];
  for (let i = 0; i < n; i++) {
    const bytes = randomBytes(i === 0 ? 0 : 500 + i);
    const path = join(lab.local, `${String(i)}.fcs`);
    writeFileSync(path, bytes);
    files.push({ uid: (await lab.save(path)).uid, path, bytes });
  }
  return files;
}

const upload = (files: readonly Small[]): Promise<unknown> => lab.upload(...files.map(({ uid }) => uid));

/** Those that the bucket has as they are, and the registry names there. */
async function inCloud(files: readonly Small[]): Promise<Small[]> {
  const { root } = await lab.bucket();
  const there: Small[] = [];
  for (const file of files) {
    const isNamed = (await lab.copies(file.uid)).some(
      ({ root: at, verified_at: when }) => at === root && when !== null,
    );
    if (isNamed && (await lab.object(file.uid))?.equals(file.bytes) === true) there.push(file);
  }
  return there;
}

/** Only for the object of one file, so many times. */
function of({ uid }: Small, hook: Hook, most = Number.POSITIVE_INFINITY): Hook {
  let left = most;
  return (key) => {
    if (!key.includes(uid) || left === 0) return undefined;
    left -= 1;
    return hook(key);
  };
}

const refuse = (): never => {
  throw new BenchkeepError('not_allowed', 'The store says no', 'Ask whoever looks after it.');
};

async function changesOf(operation: string): Promise<number> {
  const rows = await lab.context.registry.db
    .selectFrom('change')
    .select('tx')
    .distinct()
    .where('operation', '=', operation)
    .execute();
  return rows.length;
}

describe('many small files', () => {
  it('are in the bucket and in the registry, by far fewer writes than there are files', async () => {
    const files = await small();
    await upload(files);
    expect(await inCloud(files)).toEqual(files);
    expect(new Set((await lab.transfers()).map(({ state }) => state))).toEqual(new Set(['done']));
    expect(await changesOf('upload')).toBeLessThan(MANY / 8);
    for (const { path, bytes } of files) expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('that are to go from their places are in the cache then', async () => {
    const files = await small(12);
    await lab.uploadAndFree(...files.map(({ uid }) => uid));
    expect(await inCloud(files)).toEqual(files);
    expect(files.filter(({ path }) => existsSync(path))).toEqual([]);
    expect(lab.cached()).toEqual(files.map(({ uid }) => `${uid}.fcs`).sort());
  });

  it('one that the store refuses is told, and the others are there', async () => {
    const files = await small(12);
    const [, refused] = files;
    if (refused === undefined) throw new Error('none');
    lab.before('put', of(refused, refuse));
    await expect(upload(files)).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await inCloud(files)).toEqual(files.filter((file) => file !== refused));
    lab.before('put', null);
    await upload(files);
    expect(await inCloud(files)).toEqual(files);
  });

  it('F-UP04 one whose answer is lost is there all the same, once', async () => {
    const files = await small(12);
    const [, lost] = files;
    if (lost === undefined) throw new Error('none');
    // What the client's second attempt meets.
    const there = new BenchkeepError('already_exists', 'Something is there', 'Look what it is.');
    lab.after(
      'put',
      of(lost, () => Promise.reject(there), 1),
    );
    await upload(files);
    expect(await inCloud(files)).toEqual(files);
  });

  it('F-UP10 something else at the place of one stays there, and the others are there', async () => {
    const files = await small(12);
    const [, taken] = files;
    if (taken === undefined) throw new Error('none');
    const other = Buffer.from('of somebody else');
    await (await lab.store()).put(`.lamindb/${taken.uid}.fcs`, other);
    await expect(upload(files)).rejects.toMatchObject({ code: 'already_exists' });
    expect((await lab.object(taken.uid))?.equals(other)).toBe(true);
    expect(await inCloud(files)).toEqual(files.filter((file) => file !== taken));
  });

  it('F-UP13 one that was changed after it was registered is not sent as what it was', async () => {
    const files = await small(12);
    const [, changed] = files;
    if (changed === undefined) throw new Error('none');
    writeFileSync(changed.path, randomBytes(changed.bytes.length));
    await expect(upload(files)).rejects.toMatchObject({ code: 'file_changed' });
    expect(await lab.object(changed.uid)).toBeNull();
    expect(await inCloud(files)).toEqual(files.filter((file) => file !== changed));
  });

  it('renamed after it was queued and followed by the registry, one goes from its new name', async () => {
    const files = await small(12);
    const [, renamed] = files;
    if (renamed === undefined) throw new Error('none');
    lab.before('stat', async (key) => {
      if (!key.includes('storage_uid')) return;
      lab.before('stat', null);
      renameSync(renamed.path, join(lab.local, 'renamed.fcs'));
      await lab.look();
    });
    await upload(files);
    expect(await inCloud(files)).toEqual(files);
  });

  it('F-UP05 one of which the store kept other bytes is not named, and does not stay', async () => {
    const files = await small(12);
    const [, wrong] = files;
    if (wrong === undefined) throw new Error('none');
    lab.after(
      'put',
      of(wrong, async (key) => {
        const store = await lab.store();
        await store.delete(key);
        await store.put(key, randomBytes(wrong.bytes.length));
      }),
    );
    await expect(upload(files)).rejects.toBeInstanceOf(BenchkeepError);
    expect(await inCloud(files)).toEqual(files.filter((file) => file !== wrong));
    expect((await lab.copies(wrong.uid)).map(({ root }) => root)).toEqual([lab.local]);
  });

  it('one that is deleted meanwhile has no record and no object then, one that is replaced the new content', async () => {
    const files = await small(12);
    const [, deleted] = files;
    if (deleted === undefined) throw new Error('none');
    const replaced = await lab.save(lab.put('own.fcs'), { key: 'own.fcs' });
    const bytes = randomBytes(700);
    const other = lab.put('other.fcs', bytes);
    const deleting = Promise.withResolvers<unknown>();
    lab.before(
      'put',
      of(
        deleted,
        async () => {
          await ended(replaceArtifact(lab.context, { artifact: replaced.uid, path: other }));
          // It waits for what is sent.
          deleting.resolve(deleteArtifacts(lab.context, { artifacts: [deleted.uid], storage: false }));
        },
        1,
      ),
    );
    await lab.upload(...files.map(({ uid }) => uid), replaced.uid).catch(() => undefined);
    await deleting.promise;
    await lab.upload(replaced.uid);
    expect(await lab.object(deleted.uid)).toBeNull();
    expect(await inCloud([{ uid: replaced.uid, path: other, bytes }])).toHaveLength(1);
    const others = files.filter((file) => file !== deleted);
    expect(await inCloud(others)).toEqual(others);
  });

  it.each(['put', 'stat'] as const)(
    'F-UP18 the program dies at one of them (%s): all are there when it goes on',
    async (verb) => {
      const files = await small(12);
      const [, last] = files;
      if (last === undefined) throw new Error('none');
      lab.before(verb, of(last, die, 1));
      await upload(files).catch(() => undefined);
      await lab.restart();
      await lab.goOn();
      expect(await inCloud(files)).toEqual(files);
      expect(new Set((await lab.transfers()).map(({ state }) => state))).toEqual(new Set(['done']));
    },
  );
});
