/** Saving again what is in a bucket, after others were there: what the registry says is asked of the store first. */
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setSettings } from '../../src-main/instance/index.ts';
import { saveArtifacts } from '../../src-main/artifacts/index.ts';
import { rememberDetached } from '../../src-main/storage/index.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';
import { ended } from './open-artifacts.ts';

const server = useS3('versitygw');
let proxy: FaultProxy;
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
  lab = await openCloudLab(`s3://${server().bucket}/again-${String(folders++)}?endpoint_url=${proxy.endpoint}`);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

const keyOf = (uid: string, suffix = '.fcs'): string => `.lamindb/${uid}${suffix}`;
const stateOf = async (uid: string) => (await lab.artifact(uid)).state;
const inbox = () => lab.context.workstation.db.selectFrom('inbox').select('reason').execute();

async function saved(content = randomBytes(1000)): Promise<{ uid: string; path: string; content: Buffer }> {
  const path = lab.put('a.fcs', content);
  const { uid } = await lab.save(path, { key: 'a.fcs', upload: true });
  return { uid, path, content };
}
const again = (path: string, options = {}) =>
  ended(saveArtifacts(lab.context, { paths: [path], labels: [], new: false, key: 'a.fcs', ...options }));

describe('a file that the registry calls verified in its bucket', () => {
  it('and is gone there is sent again, under the record that it had', async () => {
    const { uid, path, content } = await saved();
    await (await lab.store()).delete(keyOf(uid));
    await setSettings(lab.context, { keep_artifacts_local: false });
    const { items } = await again(path);
    expect(items.map((one) => one.uid)).toEqual([uid]);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect(await stateOf(uid)).toBe('ok');
    expect(await inbox()).toEqual([]);
  });

  it('and is gone there is kept here, where new files are kept here', async () => {
    const { uid, path } = await saved();
    await (await lab.store()).delete(keyOf(uid));
    await again(path);
    expect((await lab.copies(uid)).map(({ root, verified_at: at }) => [root, at !== null])).toEqual([
      [(await lab.bucket()).root, false],
      [lab.local, true],
    ]);
    expect(await inbox()).toHaveLength(1);
  });

  it('and was overwritten there is a conflict: nothing of the other is replaced, and it is not called safe', async () => {
    const { uid, path } = await saved();
    const other = randomBytes(1000);
    await (await lab.store()).put(keyOf(uid), other);
    await expect(again(path, { upload: true })).rejects.toMatchObject({ code: 'already_exists' });
    expect(await lab.object(uid)).toEqual(other);
    expect(await stateOf(uid)).toBe('missing');
  });

  it('and is as it was is asked for once, and not sent', async () => {
    const { uid, path } = await saved();
    proxy.reset();
    const { items, warnings } = await again(path);
    expect([items[0]?.uid, warnings]).toEqual([uid, []]);
    expect(proxy.seen().map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('whose store does not answer is known all the same, and that is said', async () => {
    const { uid, path } = await saved();
    proxy.spoil({}, 99, { status: 403, code: 'AccessDenied' });
    const { items, warnings } = await again(path);
    expect(items[0]?.uid).toBe(uid);
    expect(warnings).toEqual([expect.stringContaining('could not be looked at')]);
    expect(await stateOf(uid)).toBe('ok');
  });

  it('of which a copy is here, too, is sent again where somebody wants it there', async () => {
    const inPlace = lab.put('local/b.fcs');
    const placed = await lab.save(inPlace, { upload: true });
    await (await lab.store()).delete(keyOf(placed.uid));
    await lab.save(inPlace, { upload: true });
    expect(await lab.object(placed.uid)).not.toBe(null);
    expect(await inbox()).toEqual([]);
  });
});

describe('whether a copy counts in the bucket', () => {
  it('says the bucket that bears our mark: another one under the same name says nothing of it', async () => {
    const { uid, path } = await saved();
    const store = await lab.store();
    await store.delete(keyOf(uid));
    await store.delete('.lamindb/storage_uid.txt');
    const { items, warnings } = await again(path);
    expect(items[0]?.uid).toBe(uid);
    expect(warnings).toEqual([expect.stringContaining('does not bear the mark of this storage')]);
    expect((await lab.copies(uid)).map(({ verified_at: at }) => at !== null)).toEqual([true]);
    expect(await stateOf(uid)).toBe('ok');
    expect(await inbox()).toEqual([]);
  });

  /** As of content that was sent in another way: the file has to be read for comparing. */
  const unlike = (uid: string) =>
    lab.context.registry.db.updateTable('artifact').set({ hash_type: 'sha1-fl' }).where('uid', '=', uid).execute();

  it('a file that is written while it is compared with it ends the save, and says nothing of the store', async () => {
    const { uid, path } = await saved();
    await unlike(uid);
    lab.after('stat', () => {
      appendFileSync(path, 'more');
    });
    await expect(again(path)).rejects.toMatchObject({ code: 'file_changed' });
    expect(await stateOf(uid)).toBe('ok');
  });

  it('a save that is stopped while the file is compared with it is over', async () => {
    const { uid, path } = await saved();
    await unlike(uid);
    const stop = new AbortController();
    lab.after('stat', () => {
      stop.abort();
    });
    const input = { paths: [path], labels: [], new: false, key: 'a.fcs' };
    await expect(ended(saveArtifacts(lab.context, input, stop.signal))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('where the other copy is on a drive that is away', () => {
  async function goAway(): Promise<void> {
    renameSync(lab.local, `${lab.local}.away`);
    await rememberDetached(lab.context, await lab.storage(lab.local), 'Its drive is not connected');
  }

  it('a file whose object is gone is sent from where it is at hand', async () => {
    const content = randomBytes(1000);
    const { uid } = await lab.save(lab.put('local/b.fcs', content), { upload: true });
    await (await lab.store()).delete(keyOf(uid));
    await goAway();
    const { items } = await again(lab.put('a.fcs', content), { upload: true });
    expect(items.map((one) => one.uid)).toEqual([uid]);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect(await stateOf(uid)).toBe('ok');
    expect(await inbox()).toEqual([]);
  });

  it('a folder, too', async () => {
    const placed = join(lab.local, 'run1.d');
    const folder = join(lab.base, 'run1.d');
    mkdirSync(placed);
    writeFileSync(join(placed, 'a.bin'), randomBytes(100));
    cpSync(placed, folder, { recursive: true });
    const { uid } = await lab.save(placed, { upload: true });
    const store = await lab.store();
    await store.delete(`.lamindb/${uid}.d/a.bin`);
    await goAway();
    const { items } = await again(folder, { key: 'run1.d', upload: true });
    expect(items.map((one) => one.uid)).toEqual([uid]);
    expect(await store.stat(`.lamindb/${uid}.d/a.bin`)).not.toBe(null);
    expect(await stateOf(uid)).toBe('ok');
  });
});

it('a folder in a storage of this computer goes to the cloud, too, where that is asked for with its saving', async () => {
  const folder = join(lab.local, 'run1.d');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.bin'), randomBytes(100));
  const { uid } = await lab.save(folder, { upload: true });
  expect(await (await lab.store()).stat(`.lamindb/${uid}.d/a.bin`)).not.toBe(null);
});

describe('a folder that the registry calls verified in its bucket', () => {
  it.each(['a member', 'its list'] as const)('and of which %s is gone is sent again', async (what) => {
    const folder = join(lab.base, 'run1.d');
    mkdirSync(folder);
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${String(i)}.bin`), randomBytes(100 + i));
    const { uid } = await lab.save(folder, { key: 'run1.d', upload: true });
    const store = await lab.store();
    await store.delete(what === 'its list' ? `.lamindb/manifests/${uid}.tsv.gz` : `.lamindb/${uid}.d/3.bin`);
    const { items } = await again(folder, { key: 'run1.d', upload: true });
    expect(items[0]?.uid).toBe(uid);
    expect(await store.stat(`.lamindb/${uid}.d/3.bin`)).not.toBe(null);
    expect(await store.stat(`.lamindb/manifests/${uid}.tsv.gz`)).not.toBe(null);
    expect(await stateOf(uid)).toBe('ok');
    rmSync(folder, { recursive: true });
  });

  it('and of which a member is something else by now is a conflict, and it is not called safe', async () => {
    const folder = join(lab.base, 'run1.d');
    mkdirSync(folder);
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${String(i)}.bin`), randomBytes(100 + i));
    const { uid } = await lab.save(folder, { key: 'run1.d', upload: true });
    const store = await lab.store();
    await store.put(`.lamindb/${uid}.d/3.bin`, Buffer.from('other'));
    await expect(again(folder, { key: 'run1.d', upload: true })).rejects.toMatchObject({ code: 'already_exists' });
    expect((await store.stat(`.lamindb/${uid}.d/3.bin`))?.size).toBe(5);
    expect(await stateOf(uid)).toBe('missing');
  });
});
