/**
 * The window's built files, read once at the start into a map from URL path to content. Requests are answered from
 * the map alone, so no request can name a path on disk (rules S-07, S-13; item 18 of Electron's checklist).
 */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, resolve, sep } from 'node:path';
import { BenchkeepError } from '../../../shared/errors.ts';

export interface StaticFile {
  bytes: Uint8Array<ArrayBuffer>;
  /** Content-Type. */
  type: string;
}

/** Keys are absolute URL paths as a browser sends them: `/`, `/index.html`, `/assets/index-Bx1.js`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** What the window's build may contain; anything else (source maps above all) is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** `code` is the folder of the running program: `dist/main` when built, `src-main/hosts/…` from source. */
export function findWindowFolder(code: string): string {
  const places = ['../renderer', '../../renderer', '../../../dist/renderer'].map((place) => resolve(code, place));
  const found = places.find((place) => existsSync(join(place, 'index.html')));
  if (found === undefined) {
    throw new BenchkeepError(
      'file_not_found',
      "The window's files are not there",
      'Build them with: npm run build. If Benchkeep was installed, install it again.',
    );
  }
  return found;
}

export async function readStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const type = TYPES[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(folder, path).split(sep).map(encodeURIComponent).join('/')}`;
    files.set(url, { bytes: new Uint8Array(await readFile(path)), type });
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
