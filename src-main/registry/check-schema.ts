/** A registry from elsewhere may bring triggers, views or columns of its own, which run with our rights: it is refused. */
import { Kysely } from 'kysely';
import { openInMemory, type SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { registryMigrations } from './migrations/index.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Tables that SQLite makes by itself. */
const OF_SQLITE = new Set(['sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4']);

/** Name of the first thing in the schema that is not what the migrations make, or is missing; null where all is right. */
export async function strangeInSchema(sqlite: SqliteHandle): Promise<string | null> {
  const found = readSchema(sqlite);
  const expected = await schemaAfter(Number(sqlite.pragma('user_version', { simple: true })));
  for (const [name, statement] of found) if (expected.get(name) !== statement) return name;
  for (const name of expected.keys()) if (!found.has(name)) return name;
  return null;
}

/** `type name` to the statement that makes it. */
function readSchema(sqlite: SqliteHandle): Map<string, string> {
  const rows = sqlite.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all() as Record<string, unknown>[];
  return new Map(
    rows
      .filter(({ type, name }) => !(type === 'table' && OF_SQLITE.has(String(name))))
      .map(({ type, name, tbl_name: table, sql }) => [
        `${String(type)} ${String(name)}`,
        `${String(table)}: ${String(sql)}`,
      ]),
  );
}

/** Made anew in memory: takes a few ms, and can't fall behind the migrations. */
async function schemaAfter(version: number): Promise<Map<string, string>> {
  const sqlite = openInMemory();
  const db = new Kysely<unknown>({ dialect: sqliteDialect(sqlite) });
  try {
    for (const migration of registryMigrations.slice(0, version)) await migration.up(db);
    return readSchema(sqlite);
  } finally {
    await db.destroy();
  }
}
