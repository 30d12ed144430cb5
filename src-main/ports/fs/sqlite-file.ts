/** Opens SQLite files with the settings that make "acknowledged" mean "synced" (`faults.md`, R1). */
import Database from 'better-sqlite3';
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, statSync } from 'node:fs';
import { BenchkeepError } from '../../../shared/errors.ts';
import { rawFromText, rawToDisplay, rawToText, splitRaw, type RawPath } from './raw-path.ts';
import { fsError, isMissing } from './fs-error.ts';

export type SqliteHandle = Database.Database;

export interface OpenSqliteOptions {
  readonly: boolean;
  /** Memory for pages, KiB. */
  cacheKib?: number;
}

/** First 100 bytes tell whose file it is, before SQLite may create or change anything. */
export interface SqliteFileHead {
  /** 0: an empty file. */
  size: number;
  isSqlite: boolean;
  applicationId: number;
  userVersion: number;
}

/** Null where there is no file. */
export function readSqliteHead(path: RawPath): SqliteFileHead | null {
  const name = textOf(path);
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw fsError(error, path);
  }
  try {
    const head = Buffer.alloc(100);
    const read = readSync(file, head, 0, 100, 0);
    return {
      size: fstatSync(file).size,
      isSqlite: read === 100 && head.toString('latin1', 0, 16) === 'SQLite format 3\0',
      userVersion: head.readInt32BE(60),
      applicationId: head.readInt32BE(68),
    };
  } catch (error) {
    throw fsError(error, path);
  } finally {
    closeSync(file);
  }
}

/** Memory (`cacheKib`) for reading or copying a file once from its beginning to its end: more makes that no faster. */
export const ONCE_THROUGH_KIB = 4096;

/** Throws the error of SQLite itself; callers know what the file means and translate it. */
export function openSqlite(path: RawPath, options: OpenSqliteOptions): SqliteHandle {
  const sqlite = new Database(textOf(path), { readonly: options.readonly, fileMustExist: options.readonly });
  try {
    if (!options.readonly) useLog(sqlite, path);
    // Set after WAL: the library is built with a WAL default of NORMAL, which a power cut can lose commits with.
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('fullfsync = 1');
    sqlite.pragma('checkpoint_fullfsync = 1');
    // 16 MiB of log (default: 4), so that bulk work does not write the same pages again and again.
    sqlite.pragma('wal_autocheckpoint = 4000');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('trusted_schema = OFF');
    sqlite.pragma('cell_size_check = ON');
    sqlite.pragma('busy_timeout = 5000');
    sqlite.pragma(`cache_size = -${String(options.cacheKib ?? 32_768)}`);
    sqlite.pragma('temp_store = MEMORY');
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/**
 * A file without a log (a backup that was put back, a new one) gets one under a rollback journal. Its removal is synced:
 * a journal that a power cut brings back would undo what was confirmed since.
 */
function useLog(sqlite: SqliteHandle, path: RawPath): void {
  if (sqlite.pragma('journal_mode', { simple: true }) === 'wal') return;
  sqlite.pragma('journal_mode = WAL');
  if (process.platform === 'win32') return;
  const folder = openSync(textOf(splitRaw(path).folder), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Endings of what may lie beside a database and holds a part of its content. */
const CONTENT = ['-wal', '-journal'];

/** To be copied together with a database. */
export function besideSqlite(path: RawPath): RawPath[] {
  return CONTENT.map((ending) => (path + rawFromText(ending)) as RawPath);
}

/** To be moved away together with a database, by their endings: the file itself first. */
export const SQLITE_ENDINGS = ['', ...CONTENT, '-shm'].map(rawFromText);

/**
 * Takes back the transaction that a power cut left half-done in a file without a log; only a writing connection can.
 * Nothing is done, and the file not opened, where there is none. Throws the error of SQLite itself.
 */
export function finishRollback(path: RawPath): void {
  const journal = textOf((path + rawFromText('-journal')) as RawPath);
  if (statSync(journal, { throwIfNoEntry: false }) === undefined) return;
  const sqlite = new Database(textOf(path), { fileMustExist: true });
  try {
    sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
  } finally {
    sqlite.close();
  }
}

/** Pages (4 MiB) copied at once. */
const COPY_STEP = 1024;

/**
 * Copies the database as it is now to a new file, in steps, each synced: one long sync at the end would hold up those of
 * whoever writes. Held by a read transaction, so that what others write meanwhile does not make it begin again.
 */
export async function copySqlite(source: SqliteHandle, target: RawPath): Promise<void> {
  let file: number | null = null;
  source.exec('BEGIN');
  try {
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(textOf(target), {
      progress: () => {
        file ??= openSync(textOf(target), 'r');
        fdatasyncSync(file);
        return COPY_STEP;
      },
    });
  } finally {
    // Not before the copy is closed: closing any descriptor of a file gives up the locks on it.
    if (file !== null) closeSync(file);
    source.exec('ROLLBACK');
  }
}

/** A database that no file holds. */
export function openInMemory(): SqliteHandle {
  return new Database(':memory:');
}

function textOf(path: RawPath): string {
  const text = rawToText(path);
  if (text !== null) return text;
  throw new BenchkeepError(
    'name_not_valid',
    `The folder name ${rawToDisplay(path)} is not valid text`,
    'Choose a data folder whose name has ordinary characters.',
  );
}
