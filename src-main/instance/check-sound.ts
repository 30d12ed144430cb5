/** Is a registry file sound: every page, its full-text indexes, what refers to what, and the end of its change log. */
import { ONCE_THROUGH_KIB, openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { changeHash, EMPTY_LOG_HASH } from '../registry/change-hash.ts';
import { checkFile } from '../registry/check-tables.ts';
import { sqliteCode } from '../registry/sqlite-error.ts';
import type { ChangeTable } from '../registry/schema.ts';

/** Changes at the end of the log that are looked at: what a crash can have torn. `verify --registry` reads all. */
const TAIL = 5000;
const MOST = 5;

/** Problems in plain words; empty where there is none. Reads only. */
export function checkSound(sqlite: SqliteHandle): string[] {
  const problems: string[] = [];
  try {
    for (const problem of checkFile(sqlite)) {
      if (problem !== null) problems.push(problem);
      if (problems.length >= MOST) return problems;
    }
    const tail = checkTail(sqlite);
    if (tail !== null) problems.push(tail);
  } catch (error) {
    // What SQLite can't read any further is the answer.
    if (sqliteCode(error) === null) throw error;
    problems.push(`The database file is damaged: ${(error as Error).message}`);
  }
  return problems;
}

/** The same of a file. Not for the first look at a file that this process has open (see `openRegistry`, `beside`). */
export function checkSoundFile(path: RawPath): string[] {
  let sqlite: SqliteHandle | undefined;
  try {
    sqlite = openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
    return checkSound(sqlite);
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return [`The database file can't be read: ${(error as Error).message}`];
  } finally {
    sqlite?.close();
  }
}

function checkTail(sqlite: SqliteHandle): string | null {
  const rows = sqlite
    .prepare<[number], ChangeTable>('SELECT * FROM (SELECT * FROM change ORDER BY id DESC LIMIT ?) ORDER BY id')
    .all(TAIL + 1);
  const [first] = rows;
  if (first === undefined) return null;
  let before = first.id === 1 ? { id: 0, hash: EMPTY_LOG_HASH } : first;
  for (const { hash, ...row } of first.id === 1 ? rows : rows.slice(1)) {
    if (row.id !== before.id + 1) return `The changes before ${String(row.id)} are gone from the log.`;
    // A registry of an older version has no notes yet.
    if (changeHash(before.hash, { ...row, note: row.note ?? null }) !== hash)
      return `The change ${String(row.id)} is not what was written, or one before it is not.`;
    before = { id: row.id, hash };
  }
  return null;
}
