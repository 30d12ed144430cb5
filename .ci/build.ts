/**
 * Builds window, programs and preload into `dist/`. `--if-stale` does nothing where the last complete build is as new
 * as all sources (`npm start`).
 */
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { BUILD_STAMP, isBuilt, PROGRAM_SOURCES } from '../src-main/hosts/cli/is-built.mjs';

const root = resolve(import.meta.dirname, '..');
const windowSources = ['src-renderer', 'vite.config.renderer.ts', 'vite.config.preload.ts', '.ci/build.ts'];

if (!process.argv.includes('--if-stale') || !isBuilt(root, [...PROGRAM_SOURCES, ...windowSources])) {
  await buildAll().catch((error: unknown) => {
    // Where in the bundler it happened helps nobody.
    process.stderr.write(`The build failed. ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}

async function buildAll(): Promise<void> {
  const began = new Date();
  const { build } = await import('vite');
  process.stdout.write('Building the window and the program …\n');
  rmSync(join(root, BUILD_STAMP), { force: true });
  const run = (name: string): Promise<unknown> => build({ configFile: join(root, `vite.config.${name}.ts`) });
  // One after the other where they share a folder: the first empties it.
  await Promise.all([run('renderer'), run('main').then(() => run('preload'))]);
  assertShape();
  writeFileSync(join(root, BUILD_STAMP), '');
  // The beginning, not the end: what was edited meanwhile is newer than the build.
  utimesSync(join(root, BUILD_STAMP), began, began);
}

/** Programs find their threads beside themselves; the window's policy runs no inline script and no inline style. */
function assertShape(): void {
  const nested = readdirSync(join(root, 'dist/main'), { withFileTypes: true }).find((entry) => entry.isDirectory());
  if (nested !== undefined) throw new Error(`dist/main must be flat, but has the folder ${nested.name}`);
  for (const { name } of readdirSync(join(root, 'dist/main'), { withFileTypes: true })) {
    const isChunk = /-[\w-]{8}\.js$/.test(name);
    if (!isChunk || !readFileSync(join(root, 'dist/main', name), 'utf8').includes('import.meta.main')) continue;
    throw new Error(`An entry became the chunk ${name} and would not run: import it dynamically where it is used`);
  }
  const page = readFileSync(join(root, 'dist/renderer/index.html'), 'utf8');
  if (/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i.test(page)) {
    throw new Error('dist/renderer/index.html has an inline script or style, which the policy of the window blocks');
  }
}
