/** Whoever looks for what is published signs in as the instance does, follows where it went, and starts nothing anew beside it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  connectInstance,
  findInstance,
  initInstance,
  repairRegistry,
  setSettings,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { reachPlace, whileSignedIn } from '../../src-main/instance/publishing/reach-place.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openStores, signInStorage, writeMarker, type Keychain } from '../../src-main/storage/index.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { useS3 } from '../stores/use-s3.ts';
import { folderOf, visit } from './visit-instance.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

/** Nothing is left here but what this computer knows of its own. */
async function lose(workbench: Workbench): Promise<string> {
  const folder = await folderOf(workbench);
  for (const name of readdirSync(folder))
    if (/^registry\.db|^backups$/.test(name)) rmSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'registry.db'), 'nothing of use');
  return folder;
}

describe('with credentials in the keychain', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  const keychain: Keychain = {
    isThere: true,
    seal: (secret) => Promise.resolve(Buffer.from(secret).toString('base64')),
    unseal: (sealed) => Promise.resolve(Buffer.from(sealed, 'base64').toString()),
  };
  const open = (): Promise<Workbench> => bench.workbench({ stores: openStores({ keychain }) });

  test('the published registry is taken, and repairs a lost one', async () => {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = server().env;
    for (const [name, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(name, value);
    const storage = `s3://${server().bucket}/kept?endpoint_url=${server().endpoint}`;
    const first = await open();
    await initInstance(first, { storage, name: 'lab' });
    await visit(first, async ({ context }) => {
      const credentials = { access_key_id: id, secret_access_key: secret };
      await signInStorage({ stores: context.stores, open: context }, { storage, credentials, keep: 'keychain' });
      await setSettings(context, { keep_artifacts_local: true });
    });
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    const second = await open();
    await connectInstance(second, { instance: 'lab', published: true });
    await lose(second);
    const { message } = await repairRegistry(second, { name: 'lab' });
    expect(message).toContain('taken from the published copy');
    await visit(second, ({ context }) => {
      expect(context.warnings).toEqual([]);
      return Promise.resolve();
    });
  });
});

test('no empty registry takes the place of one that is published and can not be had now', async () => {
  const workbench = await bench.workbench();
  const root = bench.folder('shared');
  await initInstance(workbench, { storage: root, name: 'lab' });
  await visit(workbench, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
  const folder = await lose(workbench);
  const { fs } = workbench;
  const broken: Workbench = {
    ...workbench,
    fs: {
      ...fs,
      readRange: (path, ...rest) =>
        path.endsWith('benchkeep.db')
          ? fs.readRange(rawFromText(join(root, 'gone')), ...rest)
          : fs.readRange(path, ...rest),
    },
  };
  await expect(repairRegistry(broken, { name: 'lab' })).rejects.toMatchObject({
    message: expect.stringContaining('could not be fetched') as string,
  });
  // Its whole place is away.
  const away: Workbench = {
    ...workbench,
    fs: { ...fs, look: (path) => (path.startsWith(root) ? Promise.resolve(null) : fs.look(path)) },
  };
  await expect(repairRegistry(away, { name: 'lab' })).rejects.toMatchObject({ code: 'offline', retry: true });
  expect(readFileSync(join(folder, 'registry.db'), 'utf8')).toBe('nothing of use');
  const { message } = await repairRegistry(workbench, { name: 'lab' });
  expect(message).toContain('taken from the published copy');
});

test('where it has moved to is followed by whoever takes it, repairs or connects', async () => {
  const workbench = await bench.workbench();
  const [root, next] = [bench.folder('shared'), bench.folder('next')];
  await initInstance(workbench, { storage: root, name: 'lab' });
  await visit(workbench, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
  const card = await findInstance(workbench, 'lab');
  const { fs } = workbench;
  const mark = { uid: 'a'.repeat(12), instanceUid: card.uid, instanceName: 'lab', owner: 'ada' };
  await writeMarker(fs, rawFromText(next), mark);
  await whileSignedIn(workbench, card, async (signedIn) => {
    const old = await reachPlace(signedIn, card);
    const there = await reachPlace(signedIn, { ...card, storage: next });
    if (old === null || there === null || old.state === null) throw new Error('no place');
    const copy = rawFromText(join(bench.base, 'copy.db'));
    const tag = (await old.place.lookAtSnapshot())?.tag ?? '';
    await old.place.fetchSnapshot(tag, copy);
    const { size = 0 } = (await fs.look(copy)) ?? {};
    const sha256 = old.state.published?.sha256 ?? '';
    await there.place.replaceSnapshot({ path: copy, size, checksums: { sha256, md5: '', crc32: '' } }, null);
    const last = await old.place.readState();
    await old.place.writeState({ ...old.state, moved_to: { root: next, options: null } }, last?.tag ?? null);
    await old.place.removeSnapshot();
    expect((await reachPlace(signedIn, card))?.place.root).toBe(next);
  });
  await connectInstance(workbench, { instance: 'lab', published: true });
  await lose(workbench);
  expect((await repairRegistry(workbench, { name: 'lab' })).message).toContain(`the published copy in ${next}`);
  const there = await openBenchWorkbench(join(bench.base, 'home-2'));
  await connectInstance(there, { instance: root });
  expect(await findInstance(there, 'lab')).toMatchObject({ published_at: next });
});
