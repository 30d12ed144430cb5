import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { watchWithChokidar } from '../../src-main/ports/fs/watch-with-chokidar.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function watched(): Promise<{ root: string; hints: Set<string>; errors: Error[] }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-chokidar-')));
  cleanups.push(() => {
    rmSync(root, { recursive: true, force: true });
  });
  mkdirSync(join(root, 'run 1'));
  writeFileSync(join(root, 'run 1', 'before.csv'), 'a');
  const hints = new Set<string>();
  const errors: Error[] = [];
  await new Promise<void>((onReady) => {
    const watch = watchWithChokidar(rawFromText(root), {
      onEvent: () => undefined,
      onHint: (path) => hints.add(Buffer.from(path, 'latin1').toString()),
      onReady,
      onGone: () => hints.add('gone'),
      onError: (error) => errors.push(error),
    });
    cleanups.push(() => {
      watch.close();
    });
  });
  return { root, hints, errors };
}

it('hints at files that come, change, are renamed and go, in folders that were there', async () => {
  const { root, hints, errors } = await watched();
  const file = join(root, 'run 1', 'day 1 ü.fcs');
  writeFileSync(file, 'x');
  await vi.waitFor(() => expect(hints).toContain(file), 5000);
  hints.clear();
  writeFileSync(join(root, 'run 1', 'before.csv'), 'changed');
  await vi.waitFor(() => expect(hints).toContain(join(root, 'run 1', 'before.csv')), 5000);
  renameSync(file, join(root, 'run 1', 'renamed.fcs'));
  await vi.waitFor(() => expect(hints).toContain(join(root, 'run 1', 'renamed.fcs')), 5000);
  hints.clear();
  rmSync(join(root, 'run 1', 'renamed.fcs'));
  await vi.waitFor(() => expect(hints).toContain(join(root, 'run 1', 'renamed.fcs')), 5000);
  expect(errors).toEqual([]);
});

it('hints at a folder that comes, once it is watched, and then at what comes into it', async () => {
  const { root, hints } = await watched();
  const folder = join(root, 'run 2', 'plate 1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'at once.csv'), 'x');
  await vi.waitFor(() => expect(hints).toContain(folder), 5000);
  writeFileSync(join(folder, 'later.csv'), 'x');
  await vi.waitFor(() => expect(hints).toContain(join(folder, 'later.csv')), 5000);
});

it('F-IN04: hints at no temporary names', async () => {
  const { root, hints } = await watched();
  writeFileSync(join(root, 'run 1', 'download.csv.part'), 'x');
  writeFileSync(join(root, 'run 1', 'real.csv'), 'x');
  await vi.waitFor(() => expect(hints).toContain(join(root, 'run 1', 'real.csv')), 5000);
  expect([...hints].filter((path) => path.endsWith('.part'))).toEqual([]);
});
