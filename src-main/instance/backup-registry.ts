/** A proven copy of the registry before it is migrated (`faults.md`, R9). */
import { BenchkeepError } from '../../shared/errors.ts';
import { closeToOthers, renameOwnFolder } from '../ports/fs/own-folder.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { ONCE_THROUGH_KIB, openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, rawToDisplay, rawToText, type RawPath } from '../ports/fs/raw-path.ts';
import { backupsFolder } from './backup-file.ts';

/**
 * Named by `name` and the last change that is in it: what is there under that name already is this very state. The copy
 * has its final name only after its integrity was checked. Errors: `registry_corrupt`, `disk_full`.
 */
export async function backupRegistry(fs: Fs, sqlite: SqliteHandle, folder: RawPath, name: string): Promise<RawPath> {
  const backups = backupsFolder(folder);
  await fs.makeFolder(backups, 0o700);
  const last = sqlite.prepare('SELECT ifnull(max(id), 0) FROM change').pluck().get();
  const file = `${name}-at-change-${String(last)}.db`;
  const half = joinRaw(backups, rawFromText(`.${file}`));
  const whole = joinRaw(backups, rawFromText(file));
  if ((await fs.look(whole)) !== null) return whole;
  await fs.removeOwnFile(half);
  try {
    await sqlite.backup(rawToText(half) ?? '');
    makeWhole(half);
    await closeToOthers(half);
    await renameOwnFolder(half, whole);
  } catch (error) {
    await fs.removeOwnFile(half);
    throw error;
  }
  return whole;
}

/** One file, without a `-wal` beside it, that can be read from any medium; synced and sound. */
function makeWhole(path: RawPath): void {
  const copy = openSqlite(path, { readonly: false, cacheKib: ONCE_THROUGH_KIB });
  try {
    copy.pragma('journal_mode = DELETE');
    if (copy.pragma('integrity_check', { simple: true }) === 'ok') return;
  } finally {
    copy.close();
  }
  throw new BenchkeepError(
    'registry_corrupt',
    `The backup ${rawToDisplay(path)} is damaged`,
    'Check the disk, then try again. The registry was not changed.',
  );
}
