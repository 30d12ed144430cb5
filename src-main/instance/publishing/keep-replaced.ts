/** A published registry that a person put away by restoring an older backup stays here as a backup, once it is published over. */
import type { Clock } from '../../ports/clock.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import { backupFiles } from '../backup-file.ts';
import type { Head } from '../head-file.ts';
import { keepAsBackup } from '../make-backup.ts';
import { fetchedPath, fetchPublished, withHistory, type FetchContext } from './read-history.ts';

/** `theirs`: its end. Fetched only where no backup goes as far. Errors: those of the place; `registry_corrupt`. */
export async function keepReplaced(context: FetchContext & { clock: Clock }, theirs: Head, tag: string): Promise<void> {
  const { fs, clock, folder } = context;
  if (await isInBackups(context, theirs)) return;
  try {
    const { path, head } = await fetchPublished(context, tag);
    await keepAsBackup(fs, { folder, kind: 'before restore', now: clock.now() }, { path, head });
  } finally {
    await fs.removeOwnFile(fetchedPath(folder));
  }
}

async function isInBackups({ fs, folder }: { fs: FetchContext['fs']; folder: RawPath }, head: Head): Promise<boolean> {
  for (const { path, lastChange } of await backupFiles(fs, folder))
    if (lastChange >= head.id && (await withHistory(path, (history) => history.goesThrough(head))) === true)
      return true;
  return false;
}
