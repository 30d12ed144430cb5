/**
 * Whether the built program in `dist/` is as new as its sources. Plain JavaScript, because the launcher runs it before
 * it knows which Node it has.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Its modification time is the moment the last complete build began. */
export const BUILD_STAMP = 'dist/.built';

/** What the command line is made of; the window's sources are not among it. */
export const PROGRAM_SOURCES = ['src-main', 'shared', 'package-lock.json', 'vite.config.main.ts'];

/**
 * @param {string} root Folder of package.json.
 * @param {readonly string[]} sources Files and folders below it; folders count with all they hold, removals included.
 * @returns {boolean} True also where there are no sources at all, as in a packed app.
 */
export function isBuilt(root, sources) {
  const built = changedAt(join(root, BUILD_STAMP));
  return built !== null && sources.every((source) => noneNewer(join(root, source), built));
}

/**
 * @param {string} path
 * @param {number} built
 * @returns {boolean}
 */
function noneNewer(path, built) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  if (stats.mtimeMs > built) return false;
  if (!stats.isDirectory()) return true;
  return readdirSync(path).every((name) => noneNewer(join(path, name), built));
}

/**
 * @param {string} path
 * @returns {number | null}
 */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
