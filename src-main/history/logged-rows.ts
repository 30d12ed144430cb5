/** Rows of tables beside what the log tells of them. */
import type { Kysely } from 'kysely';
import type { LoggedTable, RegistryDB } from '../registry/schema.ts';

export type Fields = Record<string, unknown>;
export type Row = Fields & { id: number };

/** Columns of bytes: logged as text where they are UTF-8, else as `{"hex":"…"}` (`registry/change-hash`). */
const BYTES: ReadonlySet<string> = new Set(['path', 'root_path']);
const CHUNK = 500;

/** What a logged field is in its table. */
export function valueOfLogged(field: string, logged: unknown): unknown {
  if (!BYTES.has(field) || logged === null || logged === undefined) return logged ?? null;
  if (typeof logged === 'string') return Buffer.from(logged, 'utf8');
  return Buffer.from((logged as { hex: string }).hex, 'hex');
}

export function rowOfLogged(logged: Fields): Row {
  return Object.fromEntries(
    Object.entries(logged).map(([field, value]) => [field, valueOfLogged(field, value)]),
  ) as Row;
}

export function isAsLogged(field: string, value: unknown, logged: unknown): boolean {
  const wanted = valueOfLogged(field, logged);
  if (Buffer.isBuffer(value) && Buffer.isBuffer(wanted)) return value.equals(wanted);
  return (value ?? null) === wanted;
}

/** Rows by table and id, null where there is none. */
export interface KnownRows {
  get(table: LoggedTable, id: number): Row | null;
  set(table: LoggedTable, id: number, row: Row | null): void;
}

/** `rows`, of which changes stay here. */
export function rowsOver(rows: KnownRows): KnownRows {
  const changed = new Map<string, Row | null>();
  return {
    get(table, id) {
      const row = changed.get(`${table} ${String(id)}`);
      return row === undefined ? rows.get(table, id) : row;
    },
    set: (table, id, row) => void changed.set(`${table} ${String(id)}`, row),
  };
}

export async function readRows(
  db: Kysely<RegistryDB>,
  wanted: readonly { table: LoggedTable; id: number }[],
): Promise<KnownRows> {
  const rows = new Map<string, Row | null>();
  const keyOf = (table: LoggedTable, id: number): string => `${table} ${String(id)}`;
  for (const table of new Set(wanted.map((one) => one.table))) {
    const ids = [...new Set(wanted.filter((one) => one.table === table).map(({ id }) => id))];
    for (let i = 0; i < ids.length; i += CHUNK) {
      const found = await db
        .selectFrom(table as 'user')
        .selectAll()
        .where('id', 'in', ids.slice(i, i + CHUNK))
        .execute();
      for (const row of found) rows.set(keyOf(table, row.id), row);
    }
  }
  return {
    get: (table, id) => rows.get(keyOf(table, id)) ?? null,
    set: (table, id, row) => void rows.set(keyOf(table, id), row),
  };
}
