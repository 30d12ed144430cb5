/** What tests need built is built once from the same sources, for all of them, and for the next run. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '..');
const cache = join(project, '.cache');
/** Of each name so many are kept: somebody else's tests may be running one. */
const KEPT = 3;

/** The folder of what `build` makes into a folder; `sources` are files and folders of the project. */
export async function buildOnce(
  name: string,
  sources: readonly string[],
  build: (outDir: string) => Promise<unknown>,
): Promise<string> {
  const folder = join(cache, `${name}-${digestOf(sources)}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const half = mkdtempSync(join(cache, `.${name}-`));
    await build(half);
    try {
      renameSync(half, folder);
    } catch (error) {
      // Another process was faster.
      rmSync(half, { recursive: true });
      if (!existsSync(folder)) throw error;
    }
  }
  utimesSync(folder, new Date(), new Date());
  removeOld(`${name}-`);
  return folder;
}

function digestOf(sources: readonly string[]): string {
  const digest = createHash('sha256');
  for (const source of sources)
    for (const file of filesOf(join(project, source))) digest.update(`${file}\0`).update(readFileSync(file));
  return digest.digest('hex').slice(0, 16);
}

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function removeOld(start: string): void {
  const builds = readdirSync(cache)
    .filter((name) => name.startsWith(start))
    .map((name) => ({ path: join(cache, name), used: statSync(join(cache, name)).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  for (const { path } of builds.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
