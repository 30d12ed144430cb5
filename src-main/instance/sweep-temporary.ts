/** Clears files that a crash left on their way to a final name; nothing under such a name was ever confirmed. */
import type { Fs } from '../ports/fs/fs.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** Only in a folder that no other process writes to now: under its lock. What is below it stays. */
export async function sweepTemporary(fs: Fs, folder: RawPath): Promise<void> {
  if ((await fs.look(folder)) === null) return;
  for (const { name, kind } of await fs.readFolder(folder)) {
    if (kind !== 'file' || !name.startsWith(TEMPORARY_PREFIX) || !name.endsWith('.tmp')) continue;
    await fs.removeOwnFile(joinRaw(folder, name));
  }
}
