/** Reads what can be read of the change log of a damaged registry, in order. */
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { sqliteCode } from './sqlite-error.ts';
import type { ChangeTable } from './schema.ts';

const PAGE = 500;

/** After the change `from`. Ends at the first that can't be read: nothing after it follows from what is known. */
export function* salvageChanges(sqlite: SqliteHandle, from: number): Generator<ChangeTable> {
  let last = from;
  for (;;) {
    const rows = readPage(sqlite, last) ?? readSingly(sqlite, last);
    for (const row of rows) {
      // A registry of an older version has no notes yet.
      yield { ...row, note: row.note ?? null };
      last = row.id;
    }
    if (rows.length < PAGE) return;
  }
}

function readPage(sqlite: SqliteHandle, after: number): ChangeTable[] | null {
  try {
    return sqlite
      .prepare<[number, number], ChangeTable>('SELECT * FROM change WHERE id > ? ORDER BY id LIMIT ?')
      .all(after, PAGE);
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return null;
  }
}

/** Each by itself: those before the damage. */
function readSingly(sqlite: SqliteHandle, after: number): ChangeTable[] {
  const rows: ChangeTable[] = [];
  try {
    const one = sqlite.prepare<[number], ChangeTable>('SELECT * FROM change WHERE id = ?');
    while (rows.length < PAGE) {
      const row = one.get(after + rows.length + 1);
      if (row === undefined) return rows;
      rows.push(row);
    }
    return rows;
  } catch (error) {
    if (sqliteCode(error) === null) throw error;
    return rows;
  }
}
