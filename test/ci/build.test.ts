import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '../..');
const launcher = 'src-main/hosts/cli/benchkeep.mjs';

/** A small project with this one's build and launcher: a command that says what it runs as, a thread, a window. */
const SOURCES: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'src-main/hosts/cli/main.ts': `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    import { threadFile } from '../../engine/threads/thread-file.ts';
    import { effect } from '../../ports/failpoint.ts';
    process.on('SIGTERM', () => process.exit(5));
    const [answer] = await once(new Worker(threadFile('engine-thread')), 'message');
    console.log(JSON.stringify({ thread: answer, words: process.argv.slice(2), node: process.versions.node }));
    await effect('fs.rename', async () => undefined);
    if (process.argv[2] === 'fail') process.exitCode = 4;
    if (process.argv[2] === 'wait') setInterval(() => {}, 1000);`,
  'src-main/engine/threads/engine-thread.ts': `
    import { parentPort } from 'node:worker_threads';
    import { effect } from '../../ports/failpoint.ts';
    declare const BK_BUILT: boolean | undefined;
    await effect('fs.link', async () => undefined);
    parentPort?.postMessage(typeof BK_BUILT !== 'undefined' && BK_BUILT ? 'built' : 'source');`,
  'src-main/hosts/electron/preload.ts': `
    import { contextBridge } from 'electron';
    contextBridge.exposeInMainWorld('benchkeep', {});`,
  'src-renderer/index.html': `<!doctype html><html lang="en"><head><title>T</title>
    <script type="module" src="./main.ts"></script></head><body><div id="app"></div></body></html>`,
  'src-renderer/main.ts': `
    import { mount } from 'svelte';
    import App from './App.svelte';
    mount(App, { target: document.body });`,
  'src-renderer/App.svelte': `<p>Hello</p><style>p { color: green; }</style>`,
};
const COPIED = [
  '.ci/build.ts',
  'vite.config.main.ts',
  'vite.config.preload.ts',
  'vite.config.renderer.ts',
  launcher,
  'src-main/hosts/cli/is-built.mjs',
  'src-main/engine/threads/thread-file.ts',
  'src-main/ports/failpoint.ts',
];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'build-'));
  for (const name of COPIED) await cp(join(project, name), join(root, name));
  for (const [name, text] of Object.entries(SOURCES)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  await symlink(join(project, 'node_modules'), join(root, 'node_modules'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Said {
  thread: 'built' | 'source';
  words: string[];
  node: string;
}

async function benchkeep(words: string[], env: Record<string, string> = {}, node = process.execPath): Promise<Said> {
  const { stdout } = await run(node, [join(root, launcher), ...words], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Said;
}

const build = (...words: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [join(root, '.ci/build.ts'), ...words], { cwd: root });

describe('the command without a build', () => {
  it('runs the sources, with their threads', async () => {
    expect(await benchkeep(['list', '--json'])).toMatchObject({ thread: 'source', words: ['list', '--json'] });
  });
});

describe('a build', () => {
  beforeAll(async () => {
    await build();
  });

  it('has the programs flat beside their threads', async () => {
    const names = await readdir(join(root, 'dist/main'));
    expect(names).toEqual(expect.arrayContaining(['cli.js', 'engine-thread.js', 'preload.cjs']));
    expect(names.filter((name) => !/^[\w-]+\.(js|cjs)$/.test(name))).toEqual([]);
  });

  it('has no failpoint in it', async () => {
    expect(await readFile(join(root, 'src-main/ports/failpoint.ts'), 'utf8')).toContain('BK_FAILPOINT');
    for (const name of await readdir(join(root, 'dist/main'))) {
      expect(await readFile(join(root, 'dist/main', name), 'utf8'), name).not.toContain('BK_FAILPOINT');
    }
  });

  it('has a preload script that needs nothing but Electron', async () => {
    const code = await readFile(join(root, 'dist/main/preload.cjs'), 'utf8');
    expect([...code.matchAll(/require\((.*?)\)/g)].map((match) => match[1])).toEqual(['"electron"']);
    expect(code).not.toMatch(/^import |^export /m);
  });

  it('has a window without inline scripts and styles', async () => {
    const page = await readFile(join(root, 'dist/renderer/index.html'), 'utf8');
    expect(page).toMatch(/<script type="module"[^>]* src="\.\/assets\//);
    expect(page).toMatch(/<link rel="stylesheet"[^>]* href="\.\/assets\//);
    expect(page).not.toMatch(/<style|\sstyle=|<script(?![^>]* src=)/);
  });

  it('is what the command runs, until a source is newer', async () => {
    expect(await benchkeep(['list'])).toMatchObject({ thread: 'built', words: ['list'] });
    expect(await benchkeep(['list'], { BENCHKEEP_FROM_SOURCE: '1' })).toMatchObject({ thread: 'source' });
    const main = join(root, 'src-main/hosts/cli/main.ts');
    await touch(main, 60);
    expect(await benchkeep(['list'])).toMatchObject({ thread: 'source' });
    await touch(main, -60);
    expect(await benchkeep(['list'])).toMatchObject({ thread: 'built' });
  });

  it('is made again only if a source is newer or gone', async () => {
    await touchAll(-60);
    expect((await build('--if-stale')).stdout).toBe('');
    await touch(join(root, 'src-renderer/App.svelte'), 60);
    expect((await build('--if-stale')).stdout).toContain('Building');
    await touchAll(-60);
    expect((await build('--if-stale')).stdout).toBe('');
    await rm(join(root, 'src-main/hosts/cli/main.ts'));
    await touch(join(root, 'src-main/hosts/cli'), 60);
    expect((await build('--if-stale')).stdout).toContain('Building');
    expect(existsSync(join(root, 'dist/main/cli.js'))).toBe(false);
    await writeFile(join(root, 'src-main/hosts/cli/main.ts'), SOURCES['src-main/hosts/cli/main.ts'] ?? '');
  });

  it('that fails says why in words, and leaves none that passes for new', async () => {
    const file = join(root, 'src-renderer/App.svelte');
    await writeFile(file, `<script>import './nowhere.ts';</script>`);
    const failed = await build().catch((error: unknown) => error as { code: number; stderr: string });
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere.ts') as string });
    expect(existsSync(join(root, 'dist/.built'))).toBe(false);
    await writeFile(file, SOURCES['src-renderer/App.svelte'] ?? '');
  });
});

describe('a program that is an entry and is imported too', () => {
  const files: Record<string, string> = {
    'src-main/hosts/browser/main.ts': `
      export const hello = (): string => 'hello';
      if (import.meta.main) console.log('serving');`,
    'src-main/hosts/start.ts': `
      const { hello } = await import('./browser/main.ts');
      console.log(hello());`,
  };
  beforeAll(async () => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
  });
  afterAll(async () => {
    for (const name of Object.keys(files)) await rm(join(root, name));
  });

  it('still runs by itself when built', async () => {
    await build();
    expect((await run(process.execPath, [join(root, 'dist/main/browser.js')])).stdout).toBe('serving\n');
    expect((await run(process.execPath, [join(root, 'dist/main/start.js')])).stdout).toBe('hello\n');
  });

  it('fails the build where it would not', async () => {
    await writeFile(join(root, 'src-main/hosts/start.ts'), `import { hello } from './browser/main.ts'; hello();`);
    await expect(build()).rejects.toMatchObject({ stderr: expect.stringContaining('dynamically') as string });
  });
});

describe('the launcher', () => {
  it('hands on the exit code', async () => {
    await expect(benchkeep(['fail'])).rejects.toMatchObject({ code: 4 });
  });

  const old = findOldNode();
  describe.skipIf(old === null)('on a Node before 24 (skipped where there is none)', () => {
    it('runs the command on the own Node, with words, exit code and signals', async () => {
      const said = await benchkeep(['list', '--json', 'a b'], {}, old ?? '');
      expect(said.words).toEqual(['list', '--json', 'a b']);
      expect(Number.parseInt(said.node, 10)).toBeGreaterThanOrEqual(24);
      await expect(benchkeep(['fail'], {}, old ?? '')).rejects.toMatchObject({ code: 4 });

      const child = execFile(old ?? '', [join(root, launcher), 'wait']);
      const exit = new Promise((done) => child.once('exit', done));
      await new Promise((done) => child.stdout?.once('data', done));
      child.kill('SIGTERM');
      expect(await exit).toBe(5);
    });

    it('says in one line what to do where the own Node is missing', async () => {
      const bare = await mkdtemp(join(tmpdir(), 'bare-'));
      await cp(join(project, launcher), join(bare, launcher));
      const failed = run(old ?? '', [join(bare, launcher), 'list']);
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^error: .*npm ci.*\n$/) as string,
      });
      await rm(bare, { recursive: true });
    });
  });
});

/** Sets the time of a file `seconds` from now. */
async function touch(path: string, seconds: number): Promise<void> {
  const time = Date.now() / 1000 + seconds;
  await utimes(path, time, time);
}

async function touchAll(seconds: number): Promise<void> {
  const stamp = (await stat(join(root, 'dist/.built'))).mtimeMs / 1000;
  for (const top of ['src-main', 'src-renderer', '.ci']) {
    for (const name of ['', ...(await readdir(join(root, top), { recursive: true }))]) {
      await utimes(join(root, top, name), stamp + seconds, stamp + seconds);
    }
  }
}

function findOldNode(): string | null {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return places.find((node) => existsSync(node) && majorOf(node) < 24) ?? null;
}

function majorOf(node: string): number {
  return Number.parseInt(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10);
}
