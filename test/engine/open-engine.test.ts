import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Host } from '../../src-main/engine/host.ts';
import { openEngine, type Engine } from '../../src-main/engine/open-engine.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { registryWork } from '../../src-main/instance/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';

const host: Host = {
  capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};

let bench: Bench;
let backup: string;
let engine: Engine | null = null;
beforeEach(async () => {
  bench = makeBench();
  const { open } = await bench.instance();
  const { fs, folder, instanceUid: uid } = open;
  backup = (await registryWork(fs).makeBackup({ folder, uid, kind: 'manual', now: Date.now() })).id;
  await open.close();
  const file = openSync(join(rawToDisplay(folder), 'registry.db'), 'r+');
  writeSync(file, Buffer.alloc(5 * 4096, 'Z'), 0, 5 * 4096, 2 * 4096);
  closeSync(file);
});
afterEach(async () => {
  await engine?.close();
  engine = null;
  await bench.remove();
});

const open = async (serveUnopened: boolean) => {
  const options = { home: bench.home, instance: null, watch: false, listen: false, threads: false, serveUnopened };
  engine = await openEngine(options, host);
  return createRouterClient(engine.router, { context: engine.context });
};

test('F-DB11 for a window the engine starts with a damaged registry too: each call says why, a backup brings it back', async () => {
  await expect(open(false)).rejects.toMatchObject({ code: 'registry_corrupt' });
  const client = await open(true);
  await expect(client.instance.current({})).rejects.toMatchObject({ code: 'registry_corrupt' });
  await expect(client.storages.list({})).rejects.toMatchObject({ code: 'registry_corrupt' });
  expect((await client.registry.backups({})).items).toMatchObject([{ id: backup, good: true }]);
  const { aside } = await client.registry.restore({ id: backup });
  expect(readdirSync(aside)).toContain('registry.db');
  expect((await client.instance.current({})).instance).toMatchObject({ connected: true });
  expect((await client.storages.list({})).items).toHaveLength(1);
});

test('F-DB11 an instance that is let go leaves no trace of why it could not be opened', async () => {
  const client = await open(true);
  await client.instance.disconnect({});
  expect(await client.instance.current({})).toEqual({ instance: null });
});
