/** Does the change log tell how the tables came to be what they are? Read as a stream: by uid, never all at once. */
import { changeHash, EMPTY_LOG_HASH, rowsLogged, toLoggedJson } from './change-hash.ts';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { ChangeTable, LoggedTable } from './schema.ts';

const LOGGED: Readonly<Record<LoggedTable, true>> = {
  instance: true,
  user: true,
  storage: true,
  artifact: true,
  copy: true,
  tombstone: true,
  transform: true,
  run: true,
  ulabel: true,
  artifact_ulabel: true,
  collection: true,
  collection_artifact: true,
};
const PAGE = 2000;
/** Columns with a default: where the log leaves one out, what it became is not known. Any other is null then. */
const DEFAULTED = new Set(['visibility', 'keep_artifacts_local', 'watch', 'is_type']);

type Fields = Record<string, unknown>;

/** A problem in plain words, or null after each part of the work: then there is time for other work. */
export type Problems = Generator<string | null>;

/** Numbers without a gap, and each row's hash over the one before. Inside one read transaction, as all here. */
export function* checkChain(sqlite: SqliteHandle): Problems {
  const page = sqlite.prepare<[number, number], ChangeTable>('SELECT * FROM change WHERE id > ? ORDER BY id LIMIT ?');
  let hash = EMPTY_LOG_HASH;
  let last = 0;
  for (;;) {
    const changes = page.all(last, PAGE);
    for (const { hash: recorded, ...row } of changes) {
      if (row.id !== last + 1) {
        yield `The changes ${String(last + 1)} to ${String(row.id - 1)} are gone from the log.`;
      } else if (changeHash(hash, row) !== recorded) {
        yield `The change ${String(row.id)} is not what was written, or one before it is not.`;
      }
      hash = recorded;
      last = row.id;
    }
    yield null;
    if (changes.length < PAGE) return;
  }
}

/** What is logged of each record, taken together, against its rows in the tables. */
export function* checkReplay(sqlite: SqliteHandle): Problems {
  const page = sqlite.prepare<[string, string, number, number], ChangeTable>(
    'SELECT * FROM change WHERE uid >= ? AND (uid, id) > (?, ?) ORDER BY uid, id LIMIT ?',
  );
  const tables = tableReaders(sqlite);
  let uid = '';
  let id = 0;
  let rows = new Map<string, LoggedRow>();
  for (;;) {
    const changes = page.all(uid, uid, id, PAGE);
    for (const change of changes) {
      if (change.uid !== uid) {
        yield* compareRows(tables, rows);
        rows = new Map();
      }
      uid = change.uid;
      id = change.id;
      const problem = apply(rows, change);
      if (problem !== null) yield problem;
    }
    yield null;
    if (changes.length < PAGE) break;
  }
  yield* compareRows(tables, rows);
  yield* countRows(sqlite, tables);
}

interface LoggedRow {
  table: string;
  uid: string;
  fields: Fields;
}

function apply(rows: Map<string, LoggedRow>, change: ChangeTable): string | null {
  const { registry: table, uid, action } = change;
  if (!Object.hasOwn(LOGGED, table))
    return `The change ${String(change.id)} names a table that is not known: ${table}.`;
  const before = parse(change.before);
  const after = parse(change.after);
  const key = `${table} ${String((after ?? before)?.['id'])}`;
  const row = rows.get(key);
  if (action === 'insert') {
    for (const { registry, fields } of rowsLogged(table, change.after ?? '{}')) {
      const inserted = `${registry} ${String(fields['id'])}`;
      if (rows.has(inserted)) return `The change ${String(change.id)} inserts a row of ${registry} that was there.`;
      rows.set(inserted, { table: registry, uid, fields });
    }
    return null;
  }
  if (row === undefined) return `The change ${String(change.id)} is about a row of ${table} that was not there.`;
  const wrong = Object.keys(before ?? {}).find((field) => !same(row.fields[field], before?.[field]));
  if (action === 'delete') rows.delete(key);
  else Object.assign(row.fields, after);
  return wrong === undefined
    ? null
    : `The change ${String(change.id)} does not follow from those before it (${table}.${wrong}).`;
}

function parse(json: string | null): Fields | null {
  return json === null ? null : (JSON.parse(json) as Fields);
}

interface TableReader {
  row: (id: unknown) => object | undefined;
  count: number;
}

function tableReaders(sqlite: SqliteHandle): Map<string, TableReader> {
  return new Map(
    Object.keys(LOGGED).map((table) => {
      const statement = sqlite.prepare<[unknown], object>(`SELECT * FROM "${table}" WHERE id = ?`);
      return [table, { row: (id: unknown) => statement.get(id), count: 0 }];
    }),
  );
}

function* compareRows(tables: Map<string, TableReader>, rows: Map<string, LoggedRow>): Generator<string> {
  for (const { table, uid, fields } of rows.values()) {
    const reader = tables.get(table);
    const row = reader?.row(fields['id']);
    if (reader === undefined) continue;
    if (row === undefined) {
      yield `The log knows a row of ${table} (${uid}) that is gone.`;
      continue;
    }
    reader.count += 1;
    const now = JSON.parse(toLoggedJson(row)) as Fields;
    const field = Object.keys(now).find((name) =>
      name in fields ? !same(now[name], fields[name]) : now[name] !== null && !DEFAULTED.has(name),
    );
    if (field !== undefined) yield `${table}.${field} of ${uid} is not what the log says.`;
  }
}

function* countRows(sqlite: SqliteHandle, tables: Map<string, TableReader>): Generator<string> {
  for (const [table, { count }] of tables) {
    const { n } = sqlite.prepare<[], { n: number }>(`SELECT count(*) AS n FROM "${table}"`).get() ?? { n: 0 };
    if (n > count) yield `${String(n - count)} rows of ${table} were written past the log.`;
  }
}

/** A field that the log leaves out was not given, and is null. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
