/** Content that is known but was lost in its bucket is never "saved already": it is brought there again. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheArtifact } from '../../src-main/artifacts/index.ts';
import { markCloudCopy } from '../../src-main/transfers/mark-cloud-copy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';
import { filesIn } from '../transfers/folder-bench.ts';
import { ended } from './open-artifacts.ts';

const server = useS3('versitygw');
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/anew-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

const cache = (artifact: string) => ended(cacheArtifact(lab.context, { artifact, to: null }));
const inbox = () => lab.context.workstation.db.selectFrom('inbox').select('state').execute();
const verifiedAt = async (uid: string) =>
  (await lab.copies(uid)).map(({ root, verified_at: at }) => [root, at !== null]);

async function loseObjects(uid: string): Promise<void> {
  const store = await lab.store();
  for await (const { key } of store.list('.lamindb/')) if (key.includes(uid)) await store.delete(key);
}

/** As whoever looks for them does. */
async function noteLoss(uid: string): Promise<void> {
  const { id } = await lab.context.registry.db
    .selectFrom('artifact')
    .select('id')
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow();
  const [copy] = await lab.context.registry.db.selectFrom('copy').selectAll().where('artifact_id', '=', id).execute();
  if (copy === undefined) throw new Error('it has no copy');
  await markCloudCopy(lab.context, { id, uid }, { copy, storage: await lab.bucket() }, 'cloud-gone');
}

describe('a file whose object is gone', () => {
  it('is sent again when it is saved again, under the record that it had', async () => {
    const content = randomBytes(1000);
    const path = lab.put('a.fcs', content);
    const { uid } = await lab.save(path, { key: 'a.fcs', upload: true });
    await loseObjects(uid);
    await expect(cache(uid)).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await lab.artifact(uid)).toMatchObject({ state: 'missing', state_reason: 'cloud-gone' });
    expect((await lab.save(path, { key: 'a.fcs', upload: true })).uid).toBe(uid);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok', state_reason: null });
    expect(await verifiedAt(uid)).toEqual([[(await lab.bucket()).root, true]]);
    expect(await inbox()).toEqual([]);
    expect((await lab.transfers()).map(({ state }) => state)).toEqual(['done', 'cancelled', 'done']);
  });

  it('is kept on this computer where new files are kept there', async () => {
    const path = lab.put('a.fcs');
    const { uid } = await lab.save(path, { key: 'a.fcs', upload: true });
    await loseObjects(uid);
    await noteLoss(uid);
    expect((await lab.save(path, { key: 'a.fcs' })).uid).toBe(uid);
    expect(await verifiedAt(uid)).toEqual([
      [(await lab.bucket()).root, false],
      [lab.local, true],
    ]);
    rmSync(path);
    expect((await cache(uid)).path).toBe(join(lab.local, '.lamindb', `${uid}.fcs`));
  });

  it('is sent again though the cache still has it: the cache is no place for the last copy', async () => {
    const content = randomBytes(1000);
    const path = lab.put('a.fcs', content);
    const { uid } = await lab.save(path, { key: 'a.fcs', upload: true });
    await cache(uid);
    await loseObjects(uid);
    await noteLoss(uid);
    expect(lab.cached()).toEqual([`${uid}.fcs`]);
    await lab.save(path, { key: 'a.fcs', upload: true });
    expect((await lab.object(uid))?.equals(content)).toBe(true);
  });
});

describe('a folder', () => {
  function outside(): string {
    const folder = join(lab.base, 'run1.d');
    mkdirSync(folder);
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${String(i)}.bin`), randomBytes(100 + i));
    return folder;
  }

  it('whose objects are gone is sent again', async () => {
    const folder = outside();
    const { uid } = await lab.save(folder, { key: 'run1.d', upload: true });
    await loseObjects(uid);
    await expect(cache(uid)).rejects.toMatchObject({ code: 'file_not_found' });
    expect((await lab.artifact(uid)).state).toBe('missing');
    expect((await lab.save(folder, { key: 'run1.d', upload: true })).uid).toBe(uid);
    expect((await lab.artifact(uid)).state).toBe('ok');
    const { path } = await cache(uid);
    expect(filesIn(path)).toEqual(filesIn(folder));
  });

  it('whose copy on this computer is gone is copied again', async () => {
    const folder = outside();
    const { uid } = await lab.save(folder, { key: 'run1.d' });
    rmSync(join(lab.local, '.lamindb', `${uid}.d`), { recursive: true });
    expect((await lab.save(folder, { key: 'run1.d' })).uid).toBe(uid);
    expect(filesIn(join(lab.local, '.lamindb', `${uid}.d`))).toEqual(filesIn(folder));
  });
});
