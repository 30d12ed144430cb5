import { composeSampleFiles } from './compose-sample-files.ts';
import type { Random } from './draw-numbers.ts';

/** Where sample files go; the caller decides what writing means. */
export interface SampleWriter {
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes the folder and those above it; one that is there already is no error. */
  makeFolder(path: string): Promise<void>;
}

/** A sample file that was written: its path below the root, with `/`, and its size in bytes. */
export interface WrittenSample {
  path: string;
  size: number;
}

/**
 * Writes the sample files of the demonstration below `root`, one after the other, and says which.
 * Equal numbers from `random` (see `seedRandom`) give equal files; what `writer` throws comes through.
 */
export async function makeSampleFiles(writer: SampleWriter, root: string, random: Random): Promise<WrittenSample[]> {
  const files = composeSampleFiles(random);
  const folders = new Set(files.map((file) => file.path.split('/').slice(0, -1).join('/')));
  for (const folder of folders) await writer.makeFolder(folder === '' ? root : `${root}/${folder}`);
  for (const file of files) await writer.writeFile(`${root}/${file.path}`, file.bytes);
  return files.map((file) => ({ path: file.path, size: file.bytes.length }));
}
