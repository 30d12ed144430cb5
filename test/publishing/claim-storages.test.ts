/** After a data folder was lost: storages of this computer are its own again, also those that are away at first. */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectInstance, initInstance, type Workbench } from '../../src-main/instance/index.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { memoryOf, remember, visit } from './visit-instance.ts';

let bench: Bench;
let root: string;
let drive: string;
beforeEach(async () => {
  bench = makeBench();
  root = bench.folder('shared');
  drive = bench.folder('drive');
  const workbench = await bench.workbench();
  await initInstance(workbench, { storage: root, name: 'lab' });
  await visit(workbench, ({ context }) => addStorage(context, { root: drive, watch: false }));
});
afterEach(() => bench.remove());

async function isOurs(workbench: Workbench): Promise<boolean> {
  return visit(workbench, async ({ context }) => {
    const storages = context.registry.db.selectFrom('storage').select('workstation_uid').where('root', '=', drive);
    return (await storages.executeTakeFirstOrThrow()).workstation_uid === context.workstationUid;
  });
}

async function lost(): Promise<Workbench> {
  rmSync(bench.home, { recursive: true });
  const workbench = await bench.workbench();
  await connectInstance(workbench, { instance: root });
  expect((await memoryOf(workbench)).claim).toBe(true);
  return workbench;
}

test('a storage on a drive that is connected later is found then', async () => {
  const aside = `${drive}.unplugged`;
  renameSync(drive, aside);
  const workbench = await lost();
  for (const left of ['nothing', 'a folder in its place']) {
    if (left !== 'nothing') {
      mkdirSync(drive);
      writeFileSync(join(drive, 'notes.txt'), 'x');
    }
    expect(await isOurs(workbench), left).toBe(false);
    expect((await memoryOf(workbench)).claim).toBe(true);
  }
  rmSync(drive, { recursive: true });
  renameSync(aside, drive);
  expect(await isOurs(workbench)).toBe(true);
  expect((await memoryOf(workbench)).claim).toBe(false);
});

test('as long as the place can not be asked, nothing is decided', async () => {
  const workbench = await lost();
  const aside = join(bench.base, 'away');
  cpSync(root, aside, { recursive: true });
  rmSync(root, { recursive: true });
  expect(await isOurs(workbench)).toBe(false);
  expect((await memoryOf(workbench)).claim).toBe(true);
  renameSync(aside, root);
  await remember(workbench, { failed: null });
  expect(await isOurs(workbench)).toBe(true);
  expect((await memoryOf(workbench)).claim).toBe(false);
});
