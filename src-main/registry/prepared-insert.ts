/** Inserts of one row as prepared statements that are compiled once a connection: bulk work is made of them. */
import type { Insertable } from 'kysely';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { Registry } from './open-registry.ts';
import type { RegistryDB } from './schema.ts';

type Run = (values: unknown[]) => number;
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

function statement(registry: Registry, table: keyof RegistryDB, columns: string[]): Run {
  const known = statements.get(registry.sqlite) ?? new Map<string, Run>();
  statements.set(registry.sqlite, known);
  const name = `${table}:${columns.join()}`;
  const run = known.get(name);
  if (run !== undefined) return run;
  const template = Object.fromEntries(columns.map((column) => [column, 0]));
  const { sql } = registry.db.insertInto(table).values(template).compile();
  const prepared = registry.sqlite.prepare(sql);
  const made: Run = (values) => Number(prepared.run(values).lastInsertRowid);
  known.set(name, made);
  return made;
}
