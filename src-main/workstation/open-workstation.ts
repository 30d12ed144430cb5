/** Opens this computer's database of an instance; one that is missing, foreign or newer is set aside and made anew. */
import { Kysely, type Transaction } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { failpoint } from '../ports/failpoint.ts';
import { openSqlite, readSqliteHead, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { sqliteDialect } from '../registry/sqlite-dialect.ts';
import { sharedCommit, type Commit, type CommitOptions } from '../registry/shared-commit.ts';
import { sqliteError } from '../registry/sqlite-error.ts';
import { writeGuard, type WriteGuard } from '../registry/write-guard.ts';
import * as core from './migrations/0001-core.ts';
import * as scrub from './migrations/0002-scrub.ts';
import * as transfers from './migrations/0003-transfers.ts';
import { WORKSTATION_APPLICATION_ID, type WorkstationDB } from './schema.ts';

const MIGRATIONS = [core, scrub, transfers] as const;

export interface OpenWorkstationOptions {
  readonly: boolean;
  /** A further connection of the process that has it open (see `openRegistry`). */
  beside?: boolean;
}

export interface Workstation {
  path: RawPath;
  db: Kysely<WorkstationDB>;
  sqlite: SqliteHandle;
  guard: WriteGuard;
  commit: Commit<WorkstationDB>;
}

/** Errors: `registry_foreign` where the file is another program's, `newer_version`, and those of SQLite. */
export async function openWorkstation(path: RawPath, options: OpenWorkstationOptions): Promise<Workstation> {
  if (options.beside !== true) checkFile(path);
  let sqlite: SqliteHandle | undefined;
  try {
    sqlite = openSqlite(path, { readonly: options.readonly, cacheKib: 16_384 });
    const db = new Kysely<WorkstationDB>({ dialect: sqliteDialect(sqlite) });
    const workstation: Workstation = {
      path,
      db,
      sqlite,
      guard: writeGuard(path),
      commit: sharedCommit(db, sqlite),
    };
    if (!options.readonly) await migrate(workstation, sqlite.pragma('user_version', { simple: true }) as number);
    return workstation;
  } catch (error) {
    sqlite?.close();
    throw sqliteError(error, path);
  }
}

function checkFile(path: RawPath): void {
  const head = readSqliteHead(path);
  if (head !== null && head.size > 0 && (!head.isSqlite || head.applicationId !== WORKSTATION_APPLICATION_ID)) {
    throw new BenchkeepError(
      'registry_foreign',
      `${rawToDisplay(path)} is not a database of this program`,
      'Move it away and start again: a rescan rebuilds what was in it.',
    );
  }
  const version = head === null || head.size === 0 ? 0 : head.userVersion;
  if (version > MIGRATIONS.length) {
    throw new BenchkeepError(
      'newer_version',
      `${rawToDisplay(path)} was written by a newer Benchkeep`,
      'Nothing was changed. Install the newer Benchkeep.',
    );
  }
}

async function migrate(workstation: Workstation, from: number): Promise<void> {
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < from) continue;
    await workstation.db.transaction().execute(async (tx) => {
      await migration.up(tx as unknown as Kysely<unknown>);
      workstation.sqlite.pragma(`application_id = ${String(WORKSTATION_APPLICATION_ID)}`);
      workstation.sqlite.pragma(`user_version = ${String(index + 1)}`);
    });
    // Into the file itself, not only its log: the next to open looks at the head of the file first.
    workstation.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  }
}

/**
 * Durable when it resolves (but for what `mayBeLost`), whole or not at all; the registry's part of an operation is
 * committed before it.
 */
export async function writeWorkstation<T>(
  workstation: Workstation,
  work: (tx: Transaction<WorkstationDB>) => Promise<T> | T,
  options: CommitOptions = {},
): Promise<T> {
  try {
    failpoint('workstation.commit.before');
    const result = await workstation.commit((tx) => {
      workstation.guard.check();
      return work(tx);
    }, options);
    failpoint('workstation.commit.after');
    return result;
  } catch (error) {
    throw workstation.guard.translate(error);
  }
}
