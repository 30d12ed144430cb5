/** Writes changes of a log into a registry whose log they go on from: tables and log become what they were. */
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { changeHash, EMPTY_LOG_HASH, rowsLogged } from './change-hash.ts';
import type { Registry } from './open-registry.ts';
import { rebuildFinding } from './derive-finding.ts';
import type { ChangeTable } from './schema.ts';

/** Columns of bytes: logged as text where they are UTF-8, else as `{"hex":"…"}` (`registry/change-hash`). */
const BYTES: ReadonlySet<string> = new Set(['path', 'root_path']);

type Fields = Record<string, unknown>;

/** The changes after `head` that follow it without a gap, each with the hash it must have; it ends where one doesn't. */
export function* changesAfter(
  changes: Iterable<ChangeTable>,
  head: { id: number; hash: string } | null,
): Generator<ChangeTable> {
  let { id, hash } = head ?? { id: 0, hash: EMPTY_LOG_HASH };
  for (const change of changes) {
    const { hash: recorded, ...row } = change;
    if (row.id !== id + 1 || changeHash(hash, row) !== recorded) return;
    id = row.id;
    hash = recorded;
    yield change;
  }
}

/** In one transaction; what is derived is made anew. The number of changes. */
export async function replayInto(registry: Registry, changes: Iterable<ChangeTable>): Promise<number> {
  const { sqlite } = registry;
  let n = 0;
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    sqlite.pragma('defer_foreign_keys = ON');
    const apply = applier(sqlite);
    for (const change of changes) {
      apply(change);
      n += 1;
    }
    sqlite.exec('COMMIT');
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
  await rebuildFinding(registry);
  return n;
}

function applier(sqlite: SqliteHandle): (change: ChangeTable) => void {
  const statements = new Map<string, ReturnType<SqliteHandle['prepare']>>();
  const run = (text: string, values: unknown[]): void => {
    const statement = statements.get(text) ?? sqlite.prepare(text);
    statements.set(text, statement);
    statement.run(values);
  };
  const columns = new Map<string, ReadonlySet<string>>();
  const columnsOf = (table: string): ReadonlySet<string> => {
    const known =
      columns.get(table) ??
      new Set(
        (sqlite.pragma(`table_info("${table.replaceAll('"', '')}")`) as { name: string }[]).map(({ name }) => name),
      );
    columns.set(table, known);
    return known;
  };
  const insert = (table: string, fields: Fields): void => {
    const names = Object.keys(fields).filter((name) => columnsOf(table).has(name));
    const list = names.map((name) => `"${name}"`).join(', ');
    const marks = names.map(() => '?').join(', ');
    run(
      `INSERT INTO "${table}" (${list}) VALUES (${marks})`,
      names.map((name) => valueOf(name, fields[name])),
    );
  };

  return (change) => {
    const { registry: table, action } = change;
    if (columnsOf(table).size === 0) throw new Error(`the log names a table that is not known: ${table}`);
    const after = change.after === null ? {} : (JSON.parse(change.after) as Fields);
    const before = change.before === null ? {} : (JSON.parse(change.before) as Fields);
    if (action === 'insert') {
      for (const { registry: into, fields } of rowsLogged(table, change.after ?? '{}')) insert(into, fields);
    } else if (action === 'update') {
      const { id, ...fields } = after;
      const names = Object.keys(fields).filter((name) => columnsOf(table).has(name));
      const set = names.map((name) => `"${name}" = ?`).join(', ');
      if (names.length > 0)
        run(`UPDATE "${table}" SET ${set} WHERE id = ?`, [...names.map((name) => valueOf(name, fields[name])), id]);
    } else run(`DELETE FROM "${table}" WHERE id = ?`, [before['id']]);
    insert('change', change as unknown as Fields);
  };
}

function valueOf(field: string, logged: unknown): unknown {
  if (typeof logged === 'boolean') return logged ? 1 : 0;
  if (!BYTES.has(field) || logged === null || logged === undefined) return logged ?? null;
  if (typeof logged === 'string') return Buffer.from(logged, 'utf8');
  return Buffer.from((logged as { hex: string }).hex, 'hex');
}
