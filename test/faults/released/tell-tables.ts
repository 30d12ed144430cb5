/** Of each table of a registry but what is derived from them: its columns, how many rows it has, and a hash over what stands in those columns. */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';

export type Told = Record<string, { columns: string[]; rows: number; hash: string }>;

/** `like`: looks at the tables and columns that were told of before, so that later ones don't count. */
export function tellTables(file: string, like?: Told): Told {
  const db = new Database(file, { readonly: true });
  try {
    const names = like === undefined ? tables(db) : Object.keys(like);
    return Object.fromEntries(
      names.map((name) => {
        const columns =
          like?.[name]?.columns ??
          db.prepare(`SELECT name FROM pragma_table_info('${name}')`).pluck().all().map(String);
        const quoted = columns.map((column) => `"${column}"`).join(', ');
        const rows = db.prepare(`SELECT ${quoted} FROM "${name}" ORDER BY ${quoted}`).raw().all();
        return [
          name,
          { columns, rows: rows.length, hash: createHash('sha256').update(JSON.stringify(rows)).digest('hex') },
        ];
      }),
    );
  } finally {
    db.close();
  }
}

function tables(db: Database.Database): string[] {
  const names = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_%' AND name NOT IN ('facet_count', 'finding') ORDER BY name",
    )
    .pluck()
    .all();
  return names.map(String);
}
