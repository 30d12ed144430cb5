/**
 * Makes a backup: temporary name, copied as it is at one moment, synced, proven, renamed (`faults.md`, R9). Reads over a
 * connection of its own, so that nobody who writes waits for it.
 */
import type { BackupRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { effect } from '../ports/failpoint.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { errnoOf, fsError } from '../ports/fs/fs-error.ts';
import { closeToOthers, renameOwnFolder, syncOwnFile } from '../ports/fs/own-folder.ts';
import { copySqlite, ONCE_THROUGH_KIB, openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { sqliteError } from '../registry/sqlite-error.ts';
import { backupFiles, backupName, backupsFolder, HALF_BACKUP, type BackupKind } from './backup-file.ts';
import type { Head } from './head-file.ts';
import { registryPath } from './instance-card.ts';
import { goesOnFrom, proveBackup, type BackupProof } from './prove-backup.ts';
import { pruneBackups } from './prune-backups.ts';

export interface MakeBackup {
  /** The instance's folder. */
  folder: RawPath;
  /** The instance's uid. */
  uid: string;
  kind: Exclude<BackupKind, 'migration'>;
  /** Ms since 1970. */
  now: number;
}

/** One at a time. Earlier backups stay where this one fails. Errors: `registry_corrupt`, `disk_full`, `io_error`. */
export async function makeBackup(fs: Fs, request: MakeBackup): Promise<BackupRecord> {
  const { folder, uid, kind, now } = request;
  const backups = backupsFolder(folder);
  await fs.makeFolder(backups, 0o700);
  await removeHalves(fs, backups);
  const sequence = await nextSequence(fs, folder);
  const half = joinRaw(backups, rawFromText(`${HALF_BACKUP}${String(sequence)}.db`));
  try {
    const proof = await copyAndProve(fs, request, half);
    const id = backupName({ kind, sequence, lastChange: proof.head.id }, now);
    const { size = 0 } = (await fs.look(half)) ?? {};
    const whole = joinRaw(backups, rawFromText(`${id}.db`));
    await renameOwnFolder(half, whole);
    await pruneBackups(fs, { folder, uid, now });
    return {
      id,
      created_at: new Date(now - (now % 1000)).toISOString(),
      size,
      kind,
      n_artifacts: proof.nArtifacts,
      last_change: proof.head.id,
      good: true,
      reason: null,
    };
  } catch (error) {
    await removeHalves(fs, backups);
    const known = sqliteError(error, registryPath(folder));
    // A mistake of the program stays one.
    throw errnoOf(known) === null ? known : fsError(known, backups);
  }
}

/** Makes a file of the instance's folder that is proven to be a registry one of its backups. */
export async function keepAsBackup(
  fs: Fs,
  { folder, kind, now }: Omit<MakeBackup, 'uid'>,
  { path, head }: { path: RawPath; head: Head },
): Promise<void> {
  const backups = backupsFolder(folder);
  await fs.makeFolder(backups, 0o700);
  const id = backupName({ kind, sequence: await nextSequence(fs, folder), lastChange: head.id }, now);
  await renameOwnFolder(path, joinRaw(backups, rawFromText(`${id}.db`)));
}

async function nextSequence(fs: Fs, folder: RawPath): Promise<number> {
  return 1 + Math.max(0, ...(await backupFiles(fs, folder)).map((file) => file.sequence));
}

/** A copy of the registry as it is at one moment, whole and proven, in a new file. */
export async function copyAndProve(
  fs: Fs,
  { folder, uid }: Pick<MakeBackup, 'folder' | 'uid'>,
  half: RawPath,
): Promise<BackupProof> {
  const source = openSqlite(registryPath(folder), { readonly: true, cacheKib: ONCE_THROUGH_KIB });
  try {
    await refuseWithoutSpace(fs, source, folder);
    await effect('fs.copyTemp', () => copySqlite(source, half));
    standAlone(half);
    await closeToOthers(half);
    await syncOwnFile(half);
    const proof = await proveBackup(half, uid);
    const fault = proof.fault ?? (goesOnFrom(source, proof.head) ? null : 'Its history is not the one of the registry');
    if (fault === null) return proof;
    throw new BenchkeepError(
      'registry_corrupt',
      `No backup could be made: ${fault}`,
      'Earlier backups are kept. See what is wrong with: benchkeep doctor',
    );
  } finally {
    source.close();
  }
}

/** One file, without a `-wal` beside it, that can be read from any medium. */
function standAlone(path: RawPath): void {
  const copy = openSqlite(path, { readonly: false, cacheKib: ONCE_THROUGH_KIB });
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

async function refuseWithoutSpace(fs: Fs, source: SqliteHandle, folder: RawPath): Promise<void> {
  const pages = Number(source.pragma('page_count', { simple: true }));
  const bytes = pages * Number(source.pragma('page_size', { simple: true }));
  if ((await fs.freeSpace(folder)) >= bytes) return;
  throw new BenchkeepError(
    'disk_full',
    `There is no space for a backup in ${rawToDisplay(backupsFolder(folder))}`,
    'Earlier backups are kept. Free some space, then try again.',
    { retry: true },
  );
}

/** Also what a crash left. */
async function removeHalves(fs: Fs, backups: RawPath): Promise<void> {
  for (const { name, kind } of await fs.readFolder(backups)) {
    if (kind === 'file' && name.startsWith(HALF_BACKUP)) await fs.removeOwnFile(joinRaw(backups, name));
  }
}
