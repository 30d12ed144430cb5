/** What a folder that is one item looks like, as watchers have it in the inventory (`watching/walk-unit`). */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { listingDigest } from '../ports/fs/listing-digest.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { folderLooks } from '../storage/folder-looks.ts';

/**
 * `facts`: its own inode, the sum of sizes, the latest time and, in place of a time of change, a digest over all files in it;
 * `looks`: as `folderLooks` has it. Null where that can't be told.
 */
export async function lookAtFolder(
  { fs }: { fs: Pick<Fs, 'look' | 'readFolder'> },
  folder: RawPath,
): Promise<{ facts: FileFacts; looks: string } | null> {
  const own = await fs.look(folder);
  if (own?.kind !== 'folder') return null;
  const digest = listingDigest();
  let [size, written] = [0, 0n];
  try {
    const looks = await folderLooks({ fs }, folder, (path, facts) => {
      digest.add(path, facts);
      size += facts.size;
      const mtime = BigInt(facts.mtimeNs);
      if (mtime > written) written = mtime;
    });
    return { facts: { ...own, size, mtimeNs: String(written), ctimeNs: digest.value() }, looks };
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}
