/** A proven copy of the registry before it is migrated (`faults.md`, R9). */
import { BenchkeepError } from '../../shared/errors.ts';
import { renameOwnFolder } from '../ports/fs/own-folder.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, rawToDisplay, rawToText, type RawPath } from '../ports/fs/raw-path.ts';

export function backupsFolder(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('backups'));
}

/** `name` without its ending. The copy has its final name only after its integrity was checked. Errors: `registry_corrupt`. */
export async function backupRegistry(fs: Fs, sqlite: SqliteHandle, folder: RawPath, name: string): Promise<RawPath> {
  const backups = backupsFolder(folder);
  await fs.makeFolder(backups, 0o700);
  const half = joinRaw(backups, rawFromText(`.${name}.db`));
  const whole = joinRaw(backups, rawFromText(`${name}.db`));
  if ((await fs.look(whole)) !== null) return whole;
  await fs.removeOwnFile(half);
  await sqlite.backup(rawToText(half) ?? '');
  checkIntegrity(half);
  await renameOwnFolder(half, whole);
  return whole;
}

function checkIntegrity(path: RawPath): void {
  const copy = openSqlite(path, { readonly: true });
  try {
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
