/** The yardstick measures what it says: every file, wholly read and hashed twice. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeBenchFiles } from './make-bench-files.ts';
import { measureBareLoop } from './bare-loop.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'benchkeep-bare-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('bench files are as many, as large and as old as asked for, and no two are equal', async () => {
  await makeBenchFiles(root, { files: 105, folders: 10, bytes: 4098, seed: 3 });
  const paths = await filesBelow(root);
  expect(paths).toHaveLength(105);
  expect(await readdir(root)).toHaveLength(10);
  const contents = await Promise.all(paths.map((path) => readFile(path, 'base64')));
  expect(new Set(contents).size).toBe(105);
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    expect(size).toBe(4098);
    expect(Date.now() - mtimeMs).toBeGreaterThan(3_590_000);
  }
});

test('the bare loop hashes every file whole, on any number of workers, and follows no link', async () => {
  await makeBenchFiles(root, { files: 600, folders: 7, bytes: 100, seed: 4 });
  await writeFile(join(root, 'empty.bin'), '');
  await writeFile(join(root, 'buffer.bin'), Buffer.alloc(1024 * 1024, 1));
  await writeFile(join(root, 'larger.bin'), Buffer.alloc(3 * 1024 * 1024 + 5, 2));
  const paths = await filesBelow(root);
  await symlink(join(root, 'larger.bin'), join(root, 'link.bin'));
  let fold = 0;
  let bytes = 0;
  for (const path of paths) {
    const content = await readFile(path);
    bytes += content.length;
    for (const algorithm of ['md5', 'sha256']) fold ^= createHash(algorithm).update(content).digest().readUInt32BE(0);
  }
  for (const threads of [1, 2]) {
    const result = await measureBareLoop(root, threads);
    expect([result.files, result.bytes, result.fold]).toEqual([603, bytes, fold]);
    expect(result.filesPerSecond).toBeGreaterThan(0);
  }
});

test('the bare loop of an empty folder ends', async () => {
  expect((await measureBareLoop(root, 2)).files).toBe(0);
});
