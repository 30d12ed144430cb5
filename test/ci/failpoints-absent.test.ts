import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { expect, it } from 'vitest';

const project = resolve(import.meta.dirname, '../..');

it('no program that is shipped can be told to fail', async () => {
  const out = await mkdtemp(join(tmpdir(), 'shipped-'));
  try {
    await build({ configFile: join(project, 'vite.config.main.ts'), build: { outDir: out } });
    const names = await readdir(out);
    expect(names).toEqual(expect.arrayContaining(['cli.js', 'browser.js', 'electron.js', 'start.js']));
    const withThem = [];
    for (const name of names) {
      if ((await readFile(join(out, name), 'utf8')).includes('BK_FAILPOINT')) withThem.push(name);
    }
    expect(withThem).toEqual([]);
  } finally {
    await rm(out, { recursive: true });
  }
});
