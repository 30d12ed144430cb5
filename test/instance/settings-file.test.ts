import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { disconnectInstance } from '../../src-main/instance/index.ts';
import { makeBench, type Bench } from './open-bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());
const settingsPath = (): string => join(bench.home, 'settings.json');

test.each([
  ['{"workstation_uid":'],
  [''],
  ['[]'],
  ['{"workstation_uid":"short","instance":null,"handle":"x","name":null}'],
  ['\u0000\u0001'],
])(
  'F-AP04 damaged settings %j are kept aside; defaults know this computer and its one instance again',
  async (damage) => {
    const { open } = await bench.instance();
    const uid = open.workstationUid;
    await open.close();
    writeFileSync(settingsPath(), damage);
    const workbench = await bench.workbench();
    expect(workbench.warnings).toEqual([expect.stringContaining('The old file is kept')]);
    expect(workbench.settings()).toMatchObject({ workstation_uid: uid, instance: 'lab', handle: 'ada' });
    const aside = readdirSync(bench.home).filter((name) => name.startsWith('settings.damaged-'));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(bench.home, aside[0] ?? ''), 'utf8')).toBe(damage);
    const again = await bench.open(workbench);
    expect((await again.registry.db.selectFrom('change').selectAll().execute()).length).toBeGreaterThan(0);
    expect((await bench.workbench()).warnings).toEqual([]);
  },
);

test('F-AP04 settings that can not be read or written do not hinder the work', async () => {
  const { open } = await bench.instance();
  await open.close();
  rmSync(settingsPath());
  // A folder of that name can be neither read as a file nor replaced by one.
  mkdirSync(join(settingsPath(), 'x'), { recursive: true });
  const workbench = await bench.workbench();
  expect(workbench.warnings).toHaveLength(1);
  const again = await bench.open(workbench, 'lab');
  expect(again.warnings).toHaveLength(1);
  expect(again.workstationUid).toBe(open.workstationUid);
  await expect(disconnectInstance(workbench)).rejects.toMatchObject({ remedy: expect.any(String) as string });
});

test('what another process changed meanwhile is kept, also fields that this version does not know', async () => {
  const one = await bench.workbench();
  const two = await bench.workbench();
  await one.changeSettings({ handle: 'grace' });
  const text = JSON.parse(readFileSync(settingsPath(), 'utf8')) as Record<string, unknown>;
  writeFileSync(settingsPath(), JSON.stringify({ ...text, theme: 'dark' }));
  await two.changeSettings({ instance: 'lab' });
  expect(JSON.parse(readFileSync(settingsPath(), 'utf8'))).toMatchObject({
    handle: 'grace',
    instance: 'lab',
    theme: 'dark',
  });
});
