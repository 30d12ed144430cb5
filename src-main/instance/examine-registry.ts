/** Everything that can be told of a registry from its file alone: the tables, and the log against them. */
import { ONCE_THROUGH_KIB, openSqlite, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { checkDerived, checkFile, checkVersions } from '../registry/check-tables.ts';
import { checkChain, checkReplay, type Problems } from '../registry/replay-log.ts';
import { sqliteCode } from '../registry/sqlite-error.ts';

export interface Examined {
  /** Problems in plain words, the first of them. */
  tables: string[];
  log: string[];
}

const MOST = 10;

/** Reads only, as it is at one moment. */
export function examineRegistry(path: RawPath): Examined {
  let sqlite: SqliteHandle | undefined;
  try {
    sqlite = openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
    sqlite.exec('BEGIN');
    return {
      tables: problemsOf([checkFile(sqlite), checkVersions(sqlite), checkDerived(sqlite)]),
      log: problemsOf([checkChain(sqlite), checkReplay(sqlite)]),
    };
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return { tables: [`The database file can't be read: ${(error as Error).message}.`], log: [] };
  } finally {
    sqlite?.close();
  }
}

function problemsOf(checks: Problems[]): string[] {
  const problems: string[] = [];
  try {
    for (const check of checks) {
      for (const problem of check) {
        if (problem !== null) problems.push(problem);
        if (problems.length >= MOST) return problems;
      }
    }
  } catch (error) {
    // What SQLite can't read any further is the answer.
    if (sqliteCode(error) === null) throw error;
    problems.push(`The database file is damaged: ${(error as Error).message}.`);
  }
  return problems;
}
