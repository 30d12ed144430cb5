/** Deleting an instance on one computer takes nothing from those who work in it on others, whatever is forced. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectInstance,
  deleteInstance,
  initInstance,
  setSettings,
  type Workbench,
} from '../../src-main/instance/index.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { visit } from './visit-instance.ts';

let bench: Bench;
let here: Workbench;
let there: Workbench;
let root: string;
beforeEach(async () => {
  bench = makeBench();
  here = await bench.workbench();
  root = bench.folder('shared');
  await initInstance(here, { storage: root, name: 'lab' });
  await visit(here, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
  there = await openBenchWorkbench(join(bench.base, 'home-2'));
  await connectInstance(there, { instance: root });
});
afterEach(() => bench.remove());
const own = (name: string): boolean => existsSync(join(root, '.lamindb', name));

test('while another computer has the turn it is refused, forced or not', async () => {
  await visit(there, async ({ context }) => {
    await setSettings(context, { keep_artifacts_local: false });
    for (const force of [false, true])
      await expect(deleteInstance(here, { name: 'lab', force })).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('is open on another computer') as string,
      });
    expect(own('benchkeep.db')).toBe(true);
  });
});

test('a published registry with changes that are not here stays, with the marks, and is named', async () => {
  await visit(there, ({ context }) => setSettings(context, { keep_artifacts_local: false }));
  const { remains } = await deleteInstance(here, { name: 'lab', force: true });
  expect(remains.join(' ')).toContain('it has changes that were made on another computer');
  expect(remains.join(' ')).toContain('its mark stays there');
  expect(own('benchkeep.db')).toBe(true);
  expect(own('storage_uid.txt')).toBe(true);
  await visit(there, ({ context }) => setSettings(context, { keep_artifacts_local: true }));
});

test('one whose changes are all here goes, with lease and marks', async () => {
  expect(await deleteInstance(here, { name: 'lab', force: false })).toEqual({ remains: [root] });
  expect(existsSync(join(root, '.lamindb'))).toBe(false);
});
