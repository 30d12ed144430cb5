/** Whole registries that are fetched, restored or set aside are read and copied where the engine has threads for it. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registryThreads } from '../../src-main/engine/registry-client.ts';
import {
  connectInstance,
  findInstance,
  initInstance,
  registryWork,
  repairRegistry,
  restoreBackup,
  setSettings,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { folderOf, visit } from './visit-instance.ts';

let bench: Bench;
let root: string;
let there: Workbench;
beforeEach(async () => {
  bench = makeBench();
  root = bench.folder('shared');
  there = await bench.workbench();
  await initInstance(there, { storage: root, name: 'lab' });
  await visit(there, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
});
afterEach(() => bench.remove());

test('connecting, following, restoring and repairing', async () => {
  const inThread = registryWork(there.fs);
  const asked: string[] = [];
  const work: Workbench['registryWork'] = {
    makeBackup(request) {
      asked.push('back up');
      return inThread.makeBackup(request);
    },
    proveBackup(request) {
      asked.push('prove');
      return inThread.proveBackup(request);
    },
  };
  const told = (): string[] => asked.splice(0);
  const here = await openBenchWorkbench(join(bench.base, 'home-2'), { registryWork: work });
  await connectInstance(here, { instance: root });
  expect(told()).toEqual(['prove']);
  await visit(there, ({ context }) => setSettings(context, { keep_artifacts_local: false }));
  await visit(here, () => Promise.resolve());
  // As it came, and once more as it is put in the place of what was backed up.
  expect(told()).toEqual(['prove', 'back up', 'prove']);
  const folder = rawFromText(await folderOf(here));
  const [{ id = '' } = {}] = await inThread
    .listBackups({ folder, uid: (await findInstance(here, 'lab')).uid, now: Date.now() })
    .then((backups) => backups.map(({ record }) => record));
  await restoreBackup(here, { name: 'lab', id });
  expect(told()).toEqual(['back up', 'prove']);
  await repairRegistry(here, { name: 'lab' });
  expect(told()).toEqual(['prove']);
});

test('a thread answers what this one would', { timeout: 60_000 }, async () => {
  const request = {
    path: rawFromText(join(root, '.lamindb/benchkeep.db')),
    uid: (await findInstance(there, 'lab')).uid,
  };
  const threads = registryThreads();
  try {
    expect(await threads.proveBackup(request)).toEqual(await registryWork(there.fs).proveBackup(request));
  } finally {
    await threads.close();
  }
});
