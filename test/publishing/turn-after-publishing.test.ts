/** An opening that wrote nothing publishes what is not there yet, and keeps nobody else from writing by that. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectInstance, initInstance, setSettings } from '../../src-main/instance/index.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { visit } from './visit-instance.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test('a new instance that was published at its first end can be written to elsewhere at once', async () => {
  const here = await bench.workbench();
  const root = bench.folder('shared');
  await initInstance(here, { storage: root, name: 'lab' });
  await visit(here, () => Promise.resolve());
  const there = await openBenchWorkbench(join(bench.base, 'home-2'));
  await connectInstance(there, { instance: root });
  await visit(there, async ({ context }) => {
    expect(context.readOnly).toBe(null);
    await setSettings(context, { keep_artifacts_local: true });
  });
});
