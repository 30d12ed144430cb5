/** Inserts, updates and deletes of one row as prepared statements, compiled once a connection: bulk work is made of them. */
import type { Insertable } from 'kysely';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { Registry } from './open-registry.ts';
import type { RegistryDB } from './schema.ts';

type Run = (values: readonly unknown[]) => number;
const statements = new WeakMap<SqliteHandle, Map<string, Run>>();

/**
 * Only inside a transaction of `registry.db`: it runs on the same connection. All rows have the columns of the
 * first; undefined is null. Each call returns the id of the new row.
 */
export function prepareInsert<T extends keyof RegistryDB>(
  registry: Registry,
  table: T,
): (row: Insertable<RegistryDB[T]>) => number {
  let columns: string[] | null = null;
  let run: Run | null = null;
  return (row) => {
    columns ??= Object.keys(row);
    run ??= statement(registry, table, columns);
    const values: unknown[] = [];
    for (const column of columns) values.push((row as Record<string, unknown>)[column] ?? null);
    return run(values);
  };
}

/** Only inside a transaction of `registry.db`. `values` in the order of `columns`. */
export function prepareUpdate(
  registry: Registry,
  table: keyof RegistryDB,
  columns: readonly string[],
): (id: number, values: readonly unknown[]) => void {
  const run = kept(registry, `update ${table}:${columns.join()}`, () =>
    registry.db
      .updateTable(table as 'user')
      .set(templateOf(columns))
      .where('id', '=', 0)
      .compile(),
  );
  return (id, values) => {
    run([...values.map((value) => value ?? null), id]);
  };
}

/** Only inside a transaction of `registry.db`. */
export function prepareDelete(registry: Registry, table: keyof RegistryDB): (id: number) => void {
  const run = kept(registry, `delete ${table}`, () =>
    registry.db
      .deleteFrom(table as 'user')
      .where('id', '=', 0)
      .compile(),
  );
  return (id) => {
    run([id]);
  };
}

function statement(registry: Registry, table: keyof RegistryDB, columns: readonly string[]): Run {
  return kept(registry, `insert ${table}:${columns.join()}`, () =>
    registry.db.insertInto(table).values(templateOf(columns)).compile(),
  );
}

function templateOf(columns: readonly string[]): Record<string, number> {
  return Object.fromEntries(columns.map((column) => [column, 0]));
}

function kept({ sqlite }: Registry, name: string, compile: () => { sql: string }): Run {
  const known = statements.get(sqlite) ?? new Map<string, Run>();
  statements.set(sqlite, known);
  const run = known.get(name);
  if (run !== undefined) return run;
  const prepared = sqlite.prepare(compile().sql);
  const made: Run = (values) => Number(prepared.run(values).lastInsertRowid);
  known.set(name, made);
  return made;
}
