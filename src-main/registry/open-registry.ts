/** Opens the registry of an instance: proves first that the file is one, and of a version this program knows. */
import { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { openSqlite, readSqliteHead, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { registryMigrations, type Migration } from './migrations/index.ts';
import { REGISTRY_APPLICATION_ID, type RegistryDB } from './schema.ts';
import { addSqlFunctions } from './search/sql-functions.ts';
import { sharedCommit, type Commit } from './shared-commit.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { sqliteError } from './sqlite-error.ts';
import { writeGuard, type WriteGuard } from './write-guard.ts';

/** An open connection. `db` reads; everything that writes goes through `change-log`. */
export interface Registry {
  path: RawPath;
  db: Kysely<RegistryDB>;
  /** The connection under `db`: for prepared statements of bulk work inside a transaction, pragmas and closing. */
  sqlite: SqliteHandle;
  readonly: boolean;
  guard: WriteGuard;
  /** For `change-log`. */
  commit: Commit<RegistryDB>;
}

export interface OpenRegistryOptions {
  readonly: boolean;
  /** True only when an instance is being made: a missing or empty file is otherwise refused, never filled. */
  create?: boolean;
  /**
   * A further connection of the process that has it open: the file was proven already, and reading its head would
   * give up the first connection's locks (POSIX drops them when any descriptor of the file is closed).
   */
  beside?: boolean;
  /** Called before migrations are run on a registry that has data. */
  beforeMigration?: (sqlite: SqliteHandle, from: number) => Promise<void>;
  migrations?: readonly Migration[];
}

/** Errors: `registry_foreign`, `newer_version`, `registry_corrupt`, `registry_read_only`, `locked`, `disk_full`. */
export async function openRegistry(path: RawPath, options: OpenRegistryOptions): Promise<Registry> {
  const migrations = options.migrations ?? registryMigrations;
  if (options.beside !== true) checkFile(path, options, migrations.length);
  let sqlite: SqliteHandle | undefined;
  try {
    sqlite = openSqlite(path, { readonly: options.readonly });
    addSqlFunctions(sqlite);
    const db = new Kysely<RegistryDB>({ dialect: sqliteDialect(sqlite) });
    const registry: Registry = {
      path,
      sqlite,
      db,
      readonly: options.readonly,
      guard: writeGuard(path),
      commit: sharedCommit(db, sqlite),
    };
    // Asked of SQLite, not read from the file's head: after a crash the newest version may stand in the log only.
    const version = sqlite.pragma('user_version', { simple: true }) as number;
    if (!options.readonly && version < migrations.length) {
      if (version > 0) await options.beforeMigration?.(sqlite, version);
      await migrate(registry, version, migrations);
    }
    return registry;
  } catch (error) {
    sqlite?.close();
    throw sqliteError(error, path);
  }
}

/** Throws unless the file is a registry that may be opened, or is to be made. */
function checkFile(path: RawPath, options: OpenRegistryOptions, known: number): void {
  const head = readSqliteHead(path);
  const shown = rawToDisplay(path);
  if (head === null || head.size === 0) {
    if (options.create === true && head === null) return;
    throw new BenchkeepError(
      'registry_foreign',
      head === null ? `The registry ${shown} is gone` : `The registry ${shown} is empty`,
      'Nothing was created in its place. Restore a backup (benchkeep backup list), or look for where the file went.',
    );
  }
  if (options.create === true) {
    throw new BenchkeepError('already_exists', `There is a registry already: ${shown}`, 'Connect to it instead.');
  }
  if (!head.isSqlite || head.applicationId !== REGISTRY_APPLICATION_ID) {
    throw new BenchkeepError(
      'registry_foreign',
      `${shown} is not a Benchkeep registry`,
      'It was left untouched. Restore a backup (benchkeep backup list), or choose another instance.',
    );
  }
  if (head.userVersion > known) {
    throw new BenchkeepError(
      'newer_version',
      `The registry ${shown} was written by a newer Benchkeep (version ${String(head.userVersion)}, this one knows ${String(known)})`,
      'Nothing was changed. Install the newer Benchkeep.',
    );
  }
  if (options.readonly && head.userVersion < known) {
    throw new BenchkeepError(
      'registry_read_only',
      `The registry ${shown} is from an older Benchkeep and can only be read`,
      'Open it once where it can be written, so that it is brought up to date.',
    );
  }
}

/** Each migration is one transaction with its version number: after a crash it is whole or not there. */
async function migrate(registry: Registry, from: number, migrations: readonly Migration[]): Promise<void> {
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    await registry.db.transaction().execute(async (tx) => {
      await migration.up(tx as unknown as Kysely<unknown>);
      registry.sqlite.pragma(`application_id = ${String(REGISTRY_APPLICATION_ID)}`);
      registry.sqlite.pragma(`user_version = ${String(index + 1)}`);
    });
  }
  // Into the file itself, not only its log: the next to open looks at the head of the file first.
  registry.sqlite.pragma('wal_checkpoint(TRUNCATE)');
}

export async function closeRegistry(registry: Registry): Promise<void> {
  await registry.db.destroy();
}
