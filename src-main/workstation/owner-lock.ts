/**
 * One engine owns an instance (`faults.md`, R1): a transaction of writing held open on a small SQLite file. The lock
 * is the operating system's and dies with its process. In WAL mode others can still read who holds it.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { writePrivateFile } from '../ports/fs/private-folder.ts';
import { openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { rawToDisplay, rawToText, type RawPath } from '../ports/fs/raw-path.ts';
import { sqliteCode, sqliteError } from '../registry/sqlite-error.ts';

export interface OwnerLock {
  /** Can be called again. */
  release(): void;
}

export interface Holder {
  pid: number;
  /** UTC ISO-8601 */
  since: string;
}

interface HolderRow extends Holder {
  token: string;
}

/** Ms: long enough for another one that is being refused at this moment, short enough to say so soon. */
const PATIENCE = 250;
const MOST_ROUNDS = 50;

export interface OwnerRequest {
  /** What is owned, for the message: "The instance lab". */
  what: string;
  holder: Holder;
  /** Unique to this opening: two engines of one process differ by it. */
  token: string;
}

/** Errors: `locked` with `details` {pid, since} while a living process holds it; `registry_read_only`, `disk_full`. */
export function takeOwnership(path: RawPath, request: OwnerRequest): OwnerLock {
  let sqlite: SqliteHandle | undefined;
  try {
    makeFile(path);
    sqlite = openSqlite(path, { readonly: false, cacheKib: 64 });
    sqlite.pragma(`busy_timeout = ${String(PATIENCE)}`);
    hold(sqlite, request);
  } catch (error) {
    const refused =
      sqliteCode(error)?.startsWith('SQLITE_BUSY') === true ? locked(sqlite, request, path) : sqliteError(error, path);
    sqlite?.close();
    throw refused;
  }
  const held = sqlite;
  return {
    release() {
      if (!held.open) return;
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

/**
 * For this user alone. One that is there is not even opened: closing it again would drop the locks that this process
 * may hold on it (POSIX; see "How to corrupt", 2.2, in SQLite's documents).
 */
function makeFile(path: RawPath): void {
  try {
    writePrivateFile(rawToText(path) ?? '', '');
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'already_exists') throw error;
  }
}

/**
 * Who holds it is written and committed before the transaction that is kept open, for only then can others read it.
 * Another process may come between the two: then its name is there, and it has given up or has the lock.
 */
function hold(sqlite: SqliteHandle, { holder, token }: OwnerRequest): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    sqlite.exec('BEGIN IMMEDIATE');
    sqlite.exec(
      'CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER, since TEXT, token TEXT) STRICT',
    );
    if (readHolder(sqlite)?.token === token) return;
    sqlite
      .prepare('INSERT OR REPLACE INTO holder (id, pid, since, token) VALUES (1, ?, ?, ?)')
      .run(holder.pid, holder.since, token);
    sqlite.exec('COMMIT');
  }
  throw Object.assign(new Error('others take the lock again and again'), { code: 'SQLITE_BUSY' });
}

function readHolder(sqlite: SqliteHandle): HolderRow | null {
  return (sqlite.prepare('SELECT pid, since, token FROM holder').get() as HolderRow | undefined) ?? null;
}

function locked(sqlite: SqliteHandle | undefined, { what }: OwnerRequest, path: RawPath): BenchkeepError {
  const holder = sqlite === undefined ? null : holderIfKnown(sqlite);
  const by = holder === null ? 'another process' : `process ${String(holder.pid)}, since ${holder.since}`;
  return new BenchkeepError(
    'locked',
    `${what} is in use by another Benchkeep (${by})`,
    'Use that one, or close it and try again.',
    {
      retry: true,
      details: { path: rawToDisplay(path), ...(holder === null ? {} : { pid: holder.pid, since: holder.since }) },
    },
  );
}

/** Null before the very first holder has written its name. */
function holderIfKnown(sqlite: SqliteHandle): HolderRow | null {
  try {
    return readHolder(sqlite);
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return null;
  }
}
