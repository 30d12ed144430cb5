/** What lies on disk about Electron: its program, and the note that it could not be downloaded. */
import { join } from 'node:path';
import type { Fs } from '../../ports/fs/fs.ts';
import { rawFromText } from '../../ports/fs/raw-path.ts';

const LONGEST_NOTE = 4096;

/** `folder` is the package `electron`. Null unless its installer went through: it writes path.txt last. */
export async function findElectron(fs: Pick<Fs, 'look' | 'readRange'>, folder: string): Promise<string | null> {
  const inside = await readText(fs, join(folder, 'path.txt'));
  if (inside === null || inside === '') return null;
  const binary = join(folder, 'dist', inside);
  return (await fs.look(rawFromText(binary))) === null ? null : binary;
}

/** Milliseconds since 1970 of the last failed download of this version; null if there was none. */
export async function readFailure(
  fs: Pick<Fs, 'look' | 'readRange'>,
  note: string,
  version: string,
): Promise<number | null> {
  const [time, ofVersion] = ((await readText(fs, note)) ?? '').split(' ');
  const failed = Number(time);
  return ofVersion === version && Number.isFinite(failed) ? failed : null;
}

export async function noteFailure(
  fs: Pick<Fs, 'makeFolder' | 'writeTempFsyncRename'>,
  note: string,
  version: string,
  now: number,
): Promise<void> {
  await fs.makeFolder(rawFromText(join(note, '..')));
  await fs.writeTempFsyncRename(rawFromText(note), Buffer.from(`${String(now)} ${version}`));
}

/** Version of an installed package; null if it isn't installed. */
export async function readVersion(fs: Pick<Fs, 'look' | 'readRange'>, folder: string): Promise<string | null> {
  const text = await readText(fs, join(folder, 'package.json'));
  return text === null ? null : (/"version":\s*"(?<version>[^"]+)"/.exec(text)?.groups?.['version'] ?? null);
}

async function readText(fs: Pick<Fs, 'look' | 'readRange'>, path: string): Promise<string | null> {
  const raw = rawFromText(path);
  if ((await fs.look(raw)) === null) return null;
  return (await fs.readRange(raw, 0, LONGEST_NOTE)).toString('utf8').trim();
}
