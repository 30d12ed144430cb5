import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from '../../.ci/check-imports.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'imports-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function wrongIn(files: Record<string, string>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return checkImports(root).map(({ file, line, message }) => `${file}:${String(line)} ${message}`);
}

describe('imports that are right', () => {
  it.each([
    ['src-main/hosts/cli/main.ts', `import { a } from '../../engine/open.ts';`],
    ['src-main/hosts/electron/main.ts', `import { app } from 'electron';`],
    ['src-main/engine/router.ts', `import { a } from '../artifacts/save.ts'; import '../ports/clock.ts';`],
    ['src-main/artifacts/save.ts', `import { a } from '../annotation/index.ts'; import '../registry/change-log.ts';`],
    [
      'src-main/artifacts/save.ts',
      `import { b } from './plan.ts'; import '../../shared/errors.ts'; import 'node:path';`,
    ],
    ['src-main/storage/add.ts', `import { a } from '../registry/queries/storages.ts';`],
    ['src-main/ports/clock.ts', `import { a } from '../../shared/errors.ts';`],
    ['src-renderer/files/Files.svelte', `<script lang="ts">import A from '../ui/A.svelte'; import 'svelte';</script>`],
    ['src-renderer/main.ts', `import '../shared/words.ts'; import './app.css?inline';`],
    ['shared/a.ts', `import { z } from 'zod'; export * from './b.ts';`],
    ['test/a.test.ts', `import '../src-renderer/main.ts'; import '../src-main/ports/fs/fs.ts';`],
    ['shared/a.ts', `// import 'node:fs'\nexport const text = "import x from '../src-main/ports/clock.ts'";`],
  ])('%s: %s', async (file, text) => {
    expect(await wrongIn({ [file]: text })).toEqual([]);
  });
});

describe('imports that are wrong', () => {
  it.each([
    ['upwards: ports', 'src-main/ports/clock.ts', `import { a } from '../registry/schema.ts';`],
    ['upwards: registry', 'src-main/registry/schema.ts', `import { a } from '../artifacts/index.ts';`],
    ['upwards: feature', 'src-main/watching/scan.ts', `import { a } from '../engine/events.ts';`],
    ['upwards: engine', 'src-main/engine/router.ts', `import { a } from '../hosts/cli/main.ts';`],
    ['past the index of a feature', 'src-main/watching/scan.ts', `import { a } from '../artifacts/save.ts';`],
    ['a feature inside another', 'src-main/watching/scan.ts', `import { a } from '../artifacts/parts/index.ts';`],
    ['a type', 'src-main/ports/clock.ts', `import type { A } from '../registry/schema.ts';`],
    ['a type in place', 'src-main/ports/clock.ts', `let a: import('../registry/schema.ts').A;`],
    ['a re-export', 'src-main/ports/clock.ts', `export { a } from '../registry/schema.ts';`],
    ['a re-export of all types', 'src-main/ports/clock.ts', `export type * from '../registry/schema.ts';`],
    ['a dynamic import', 'src-main/ports/clock.ts', `const a = await import('../registry/schema.ts');`],
    ['a dynamic import by a template', 'src-main/ports/clock.ts', 'const a = import(`../registry/schema.ts`);'],
    ['require', 'src-main/ports/clock.ts', `const a = require('../registry/schema.ts');`],
    ['a worker', 'src-main/ports/clock.ts', `new Worker(new URL('../engine/thread.ts', import.meta.url));`],
    ['an import for its effect', 'src-main/ports/clock.ts', `import '../registry/schema.ts';`],
    ['window to engine', 'src-renderer/main.ts', `import type { A } from '../src-main/engine/host.ts';`],
    ['window to Node', 'src-renderer/main.ts', `import { join } from 'path';`],
    ['engine to window', 'src-main/engine/router.ts', `import '../../src-renderer/main.ts';`],
    ['shared to engine', 'shared/a.ts', `import type { A } from '../src-main/engine/host.ts';`],
    ['shared to Node', 'shared/a.ts', `import { join } from 'node:path';`],
    ['program to test', 'src-main/engine/router.ts', `import '../../test/build.ts';`],
    ['Electron in the engine', 'src-main/engine/router.ts', `import type { App } from 'electron';`],
    ['Electron in another host', 'src-main/hosts/cli/main.ts', `import { app } from 'electron/main';`],
    ['from a folder without a layer', 'src-main/utils/a.ts', `import '../ports/clock.ts';`],
    ['to a folder without a layer', 'src-main/engine/a.ts', `import '../utils/a.ts';`],
    ['from no folder', 'src-main/a.ts', `import './ports/clock.ts';`],
    ['with a query', 'src-renderer/main.ts', `import x from '../src-main/engine/x.ts?worker';`],
  ])('%s', async (_name, file, text) => {
    expect(await wrongIn({ [file]: text })).toEqual([expect.stringMatching(`^${file}:1 .`)]);
  });

  it('names file and line in a component, in scripts and in markup', async () => {
    const component = [
      '<script module lang="ts">',
      "  import { a } from '../../src-main/engine/a.ts';",
      '</script>',
      '<script lang="ts">',
      "  import type { B } from '../../src-main/engine/b.ts';",
      '</script>',
      "<p>import nothing from '../../src-main/c.ts'</p>",
      "{#await import('../../src-main/engine/d.ts') then d}<d.default />{/await}",
    ].join('\n');
    expect(await wrongIn({ 'src-renderer/files/Files.svelte': component })).toEqual([
      'src-renderer/files/Files.svelte:2 src-renderer imports src-main/engine/a.ts: only shared is common',
      'src-renderer/files/Files.svelte:5 src-renderer imports src-main/engine/b.ts: only shared is common',
      'src-renderer/files/Files.svelte:8 src-renderer imports src-main/engine/d.ts: only shared is common',
    ]);
  });
});

it('this project imports in the right direction', () => {
  expect(checkImports(resolve(import.meta.dirname, '../..'))).toEqual([]);
});
