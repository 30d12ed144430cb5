import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-own-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('a folder has lost its name for good before anything in it goes', async () => {
  const trace = join(folder, 'trace');
  vi.stubEnv('BK_FAILPOINT_TRACE', trace);
  vi.resetModules();
  const { nodeFs } = await import('../../src-main/ports/fs/node-fs.ts');
  mkdirSync(join(folder, 'run.d'));
  writeFileSync(join(folder, 'run.d', 'a'), 'a');
  await nodeFs((n) => randomBytes(n)).removeOwnFolder(rawFromText(join(folder, 'run.d')));
  expect(readdirSync(folder)).toEqual(['trace']);
  expect(readFileSync(trace, 'utf8').trim().split('\n')).toEqual([
    'fs.rename.before#1',
    'fs.rename.after#1',
    'fs.syncFolder.before#1',
    'fs.syncFolder.after#1',
    'fs.removeFolder.before#1',
    'fs.removeFolder.after#1',
  ]);
});
