/** Is there an entry of exactly this name? A disk that ignores case finds one under other names, too. */
import type { Fs } from './fs.ts';
import { splitRaw, type RawPath } from './raw-path.ts';

/** Errors: those of reading the folder. */
export async function isListed(fs: Pick<Fs, 'readFolder'>, path: RawPath): Promise<boolean> {
  const { folder, name } = splitRaw(path);
  return (await fs.readFolder(folder)).some((entry) => entry.name === name);
}
