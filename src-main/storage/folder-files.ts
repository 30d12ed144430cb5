/** The files of a folder artifact: every regular file below it, hidden ones too, in the order of its manifest. */
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';

/**
 * Paths below `folder`, ordered by their bytes. Links, pipes and devices are no content: `onSkipped` is told. A folder
 * that can't be read is an error: nobody knows what is in it.
 */
export async function* folderFiles(
  fs: Pick<Fs, 'readFolder'>,
  folder: RawPath,
  onSkipped: (path: RawPath) => void,
): AsyncGenerator<RawPath> {
  const stack: { below: RawPath; kind: 'file' | 'folder' }[] = [{ below: '' as RawPath, kind: 'folder' }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === 'file') {
      yield next.below;
      continue;
    }
    const entries: { below: RawPath; kind: 'file' | 'folder'; order: string }[] = [];
    for (const { name, kind } of await fs.readFolder(joinRaw(folder, next.below))) {
      const below = joinRaw(next.below, name);
      // As its files have it: `a-b` comes before `a/b`.
      if (kind === 'folder') entries.push({ below, kind, order: `${below}/` });
      else if (kind === 'file') entries.push({ below, kind, order: below });
      else onSkipped(below);
    }
    // The last is taken first.
    entries.sort((a, b) => (a.order < b.order ? 1 : -1));
    stack.push(...entries);
  }
}
