/** What a folder of files looks like without reading them: one digest, compared later. */
import { createHash, type Hash } from 'node:crypto';
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { folderFiles } from './folder-files.ts';

/** What the folder looks like now; `onFile` is told each. Error: `file_changed` where something in it is no file any more. */
export async function folderLooks(
  { fs }: { fs: Pick<Fs, 'look' | 'readFolder'> },
  folder: RawPath,
  onFile?: (path: RawPath, facts: FileFacts) => void,
): Promise<string> {
  const looks = createHash('sha256');
  for await (const path of folderFiles(fs, folder, () => undefined)) {
    const facts = await fs.look(joinRaw(folder, path));
    if (facts === null) throw changed(path);
    addLook(looks, path, facts);
    onFile?.(path, facts);
  }
  return looks.digest('hex');
}

/** One file more, in the order of `folderFiles`. */
export function addLook(looks: Hash, path: RawPath, { kind, size, mtimeNs, ctimeNs, ino }: FileFacts): void {
  looks.update(JSON.stringify([path, kind, size, mtimeNs, ctimeNs, ino]));
}

function changed(path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed while it was read`,
    'Wait until the program that writes it is done, then try again.',
    { retry: true },
  );
}
