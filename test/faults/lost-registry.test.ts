import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setSettings } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { writeWorkstation } from '../../src-main/workstation/open-workstation.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { makeInstance, newBase, openCrashBench, watchedRoot } from './crash/crash-bench.ts';
import { examine } from './crash/oracle.ts';
import { whyNoTracing } from './root-tools.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test('F-DB18 a registry that is deleted while it is open gets nothing more written to it, and is not made anew', async () => {
  const { open } = await bench.instance();
  const file = join(rawToDisplay(open.folder), 'registry.db');
  await setSettings(open, { keep_artifacts_local: true });
  rmSync(file);
  await expect(setSettings(open, { keep_artifacts_local: false })).rejects.toMatchObject({
    code: 'registry_foreign',
    message: `${file} was removed while Benchkeep had it open`,
    remedy: expect.stringContaining('restore a backup') as string,
  });
  await open.close();
  expect(existsSync(file)).toBe(false);
  await expect(bench.open(await bench.workbench(), 'lab')).rejects.toMatchObject({ code: 'registry_foreign' });
});

test('F-DB18 one that is replaced while it is open is left alone, also when the right one is back', async () => {
  const { open } = await bench.instance();
  const file = join(rawToDisplay(open.folder), 'registry.db');
  renameSync(file, `${file}.aside`);
  writeFileSync(file, 'of somebody else');
  const refused = {
    code: 'registry_foreign',
    message: `${file} was replaced by another file while Benchkeep had it open`,
  };
  await expect(setSettings(open, { keep_artifacts_local: true })).rejects.toMatchObject(refused);
  expect(readFileSync(file, 'utf8')).toBe('of somebody else');
  renameSync(`${file}.aside`, file);
  await expect(setSettings(open, { keep_artifacts_local: true })).rejects.toMatchObject(refused);
  await open.close();
  const again = await bench.open(await bench.workbench(), 'lab');
  await setSettings(again, { keep_artifacts_local: true });
});

test('F-DB18 so does the database of this computer', async () => {
  const { open } = await bench.instance();
  rmSync(join(rawToDisplay(open.folder), 'workstation.db'));
  await expect(writeWorkstation(open.workstation, () => undefined)).rejects.toMatchObject({ code: 'registry_foreign' });
});

test.skipIf(whyNoTracing() !== null)(
  'F-DB06 after a sync that failed the session writes nothing more, and the next one looks at every page',
  { timeout: 60_000 },
  async () => {
    const base = newBase();
    await (await makeInstance(base)).close();
    const result = execFileSync(process.execPath, [join(import.meta.dirname, 'children', 'failing-sync.ts'), base], {
      encoding: 'utf8',
    });
    expect(JSON.parse(result)).toEqual({
      before: 'written',
      during: 'io_error',
      after: ['io_error', 'io_error'],
      read: 'lab',
    });
    const again = await openCrashBench(base);
    expect(again.context.warnings).toEqual([]);
    const checked = await again.context.workstation.db
      .selectFrom('setting')
      .select('value')
      .where('name', '=', 'registry_checked_at')
      .executeTakeFirstOrThrow();
    expect(Date.now() - Number(checked.value)).toBeLessThan(30_000);
    const { keep_artifacts_local: kept } = await again.context.registry.db
      .selectFrom('instance')
      .select('keep_artifacts_local')
      .executeTakeFirstOrThrow();
    await setSettings(again.context, { keep_artifacts_local: kept === 0 });
    await again.close();
    expect(examine(rawToDisplay(again.context.folder), watchedRoot(base), [], join(base, 'home')).violations).toEqual(
      [],
    );
    rmSync(base, { recursive: true });
  },
);
