/** Ways to make a sound registry of a damaged one. Each writes a new file; none is taken unless it proves to be sound. */
import { copyOwnFile } from '../ports/fs/own-folder.ts';
import { ONCE_THROUGH_KIB, openSqlite, readSqliteHead, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { joinRaw, rawFromText, rawToText, type RawPath } from '../ports/fs/raw-path.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { rebuildFinding } from '../registry/derive-finding.ts';
import { closeRegistry, openRegistry, type Registry } from '../registry/open-registry.ts';
import { changesAfter, replayInto } from '../registry/replay-into.ts';
import { salvageChanges } from '../registry/salvage-changes.ts';
import { sqliteCode } from '../registry/sqlite-error.ts';
import type { ChangeTable } from '../registry/schema.ts';
import { examineRegistry } from './examine-registry.ts';
import type { Head } from './head-file.ts';
import { headOf } from './prove-backup.ts';

export interface Rebuilt {
  path: RawPath;
  /** What was done, and what is gone, in plain words. */
  message: string;
}

export interface RebuildRequest {
  /** A folder for what is made. */
  place: RawPath;
  /** A copy of the damaged registry, which may be altered. */
  damaged: RawPath;
  uid: string;
  /** Where the history was last seen to end. */
  head: Head | null;
}

/** Every row of every table, with indexes and all that is derived made anew; null where rows or history are damaged too. */
export async function remakeCopy({ place, damaged, uid, head }: RebuildRequest): Promise<Rebuilt | null> {
  const path = joinRaw(place, rawFromText('remade.db'));
  const made = await orDamaged(async () => {
    if (readSqliteHead(damaged)?.isSqlite !== true) return false;
    const indexes = takeIndexesAway(damaged, uid);
    if (indexes === null) return false;
    copyTables(damaged, path, indexes);
    const registry = await openRegistry(path, { readonly: false });
    try {
      await rebuildFinding(registry);
      standAlone(registry);
      const end = headOf(registry.sqlite);
      if (head !== null && end.id < head.id) return false;
    } finally {
      await closeRegistry(registry);
    }
    return isWhole(path);
  });
  if (made !== true) return null;
  return { path, message: 'The registry was repaired: its indexes were made anew, and no record is lost.' };
}

/** Statements that make them again; null where the file is of another instance. A damaged one could not even be dropped. */
function takeIndexesAway(path: RawPath, uid: string): string[] | null {
  const sqlite = openSqlite(path, { readonly: false, cacheKib: ONCE_THROUGH_KIB });
  try {
    if (sqlite.prepare('SELECT uid FROM instance').pluck().get() !== uid) return null;
    const own = "type = 'index' AND sql IS NOT NULL";
    const statements = sqlite.prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE ${own}`).pluck().all();
    sqlite.unsafeMode(true);
    sqlite.pragma('writable_schema = ON');
    sqlite.exec(`DELETE FROM sqlite_schema WHERE ${own}`);
    return statements;
  } finally {
    sqlite.close();
  }
}

/** All rows; indexes of constraints are made by SQLite itself on the way. */
function copyTables(from: RawPath, to: RawPath, indexes: readonly string[]): void {
  const sqlite = openSqlite(from, { readonly: false, cacheKib: ONCE_THROUGH_KIB });
  try {
    sqlite.prepare('VACUUM INTO ?').run(rawToText(to) ?? '');
  } finally {
    sqlite.close();
  }
  const copy = openSqlite(to, { readonly: false, cacheKib: ONCE_THROUGH_KIB });
  try {
    for (const statement of indexes) copy.exec(statement);
    copy.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    copy.close();
  }
}

export interface LogRequest extends RebuildRequest {
  base: { path: RawPath; head: Head; id: string } | null;
}

/** A good backup and the log beyond it, or the log from its beginning, whichever reaches further; null where neither is there. */
export async function rebuildFromLog(request: LogRequest): Promise<Rebuilt | null> {
  const { place, base, head } = request;
  const fromStart = reach(request, null);
  const beyond = base === null ? 0 : reach(request, base.head);
  if (fromStart === 0 && base === null) return null;
  const useBase = base !== null && beyond >= fromStart;
  const path = joinRaw(place, rawFromText('replayed.db'));
  if (useBase) await copyOwnFile(base.path, path);
  const registry = await openRegistry(path, { readonly: false, create: !useBase });
  let end: number;
  try {
    const log = openIfReadable(request.damaged);
    try {
      const start = useBase ? base.head : null;
      await replayInto(registry, log === null ? [] : following(log, start));
    } finally {
      log?.close();
    }
    standAlone(registry);
    end = headOf(registry.sqlite).id;
  } finally {
    await closeRegistry(registry);
  }
  if (!isWhole(path)) {
    throw new BenchkeepError(
      'registry_corrupt',
      'What could be read of the registry does not fit together',
      'It was left as it is. Restore a backup: benchkeep backup list',
    );
  }
  const how = useBase
    ? `from the backup ${base.id} and the ${String(end - base.head.id)} changes after it that could be read`
    : `from its history of ${String(end)} changes`;
  const lost = Math.max(0, (head?.id ?? 0) - end);
  const gone =
    lost === 0
      ? 'No change is lost.'
      : `The last ${String(lost)} changes could not be read; files that they were about are found again by looking at the watched folders.`;
  return { path, message: `The registry was made anew ${how}. ${gone}` };
}

/** Number of the last change that can be read and follows without a gap; 0 where there is none. */
function reach({ damaged }: RebuildRequest, head: Head | null): number {
  const log = openIfReadable(damaged);
  if (log === null) return head?.id ?? 0;
  try {
    let last = head?.id ?? 0;
    for (const { id } of following(log, head)) last = id;
    return last;
  } finally {
    log.close();
  }
}

function following(log: SqliteHandle, head: Head | null): Generator<ChangeTable> {
  return changesAfter(salvageChanges(log, head?.id ?? 0), head);
}

function openIfReadable(path: RawPath): SqliteHandle | null {
  if (readSqliteHead(path)?.isSqlite !== true) return null;
  try {
    return openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return null;
  }
}

/** One file, without a `-wal` beside it. */
function standAlone({ sqlite }: Registry): void {
  sqlite.pragma('journal_mode = DELETE');
}

function isWhole(path: RawPath): boolean {
  const { tables, log } = examineRegistry(path);
  return tables.length + log.length === 0;
}

/** Null where the damage is in the way. */
async function orDamaged<T>(run: () => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    const isDamage =
      sqliteCode(error) !== null || (error instanceof BenchkeepError && error.code.startsWith('registry_'));
    if (!isDamage) throw error;
    return null;
  }
}
