/**
 * The full-text index of artifacts: two FTS5 tables over sequences of three characters, without a copy of the text.
 * What is shown and newest has a table of its own, so that neither trash nor old versions slow a search or blur its
 * counts. One table of trigrams with marked word starts (`shared/search-terms`) took half the time and size of one for
 * prefixes plus one for parts of words.
 */
import type { SqliteHandle } from '../../ports/fs/sqlite-file.ts';
import type { ArtifactRow } from '../schema.ts';

export const SEARCH_TABLES = ['search_shown', 'search_other'] as const;
export type SearchTable = (typeof SEARCH_TABLES)[number];

/** Shown in ordinary lists: not hidden, not in the trash, the newest of its versions. */
export function isShown(artifact: Pick<ArtifactRow, 'visibility' | 'is_latest'>): boolean {
  return artifact.visibility === 1 && artifact.is_latest === 1;
}

export function searchTableOf(artifact: Pick<ArtifactRow, 'visibility' | 'is_latest'>): SearchTable {
  return isShown(artifact) ? 'search_shown' : 'search_other';
}

/** The MATCH argument that asks for every term; each is quoted, so that nothing in it is syntax. */
export function matchArgument(terms: readonly string[]): string {
  return terms.map((term) => `"${term.replaceAll('"', '""')}"`).join(' AND ');
}

export interface SearchWriter {
  add(table: SearchTable, id: number, text: string): void;
  remove(table: SearchTable, id: number): void;
  clear(): void;
}

const writers = new WeakMap<SqliteHandle, SearchWriter>();

/** Only inside a transaction of the connection. Statements are prepared once a connection. */
export function searchWriter(sqlite: SqliteHandle): SearchWriter {
  const known = writers.get(sqlite);
  if (known !== undefined) return known;
  const prepare = (statement: (table: SearchTable) => string) => ({
    search_shown: sqlite.prepare(statement('search_shown')),
    search_other: sqlite.prepare(statement('search_other')),
  });
  const insert = prepare((table) => `INSERT INTO ${table} (rowid, text) VALUES (?, ?)`);
  const remove = prepare((table) => `DELETE FROM ${table} WHERE rowid = ?`);
  const writer: SearchWriter = {
    add(table, id, text) {
      insert[table].run(id, text);
    },
    remove(table, id) {
      remove[table].run(id);
    },
    clear() {
      for (const table of SEARCH_TABLES) sqlite.exec(`INSERT INTO ${table} (${table}) VALUES ('delete-all')`);
    },
  };
  writers.set(sqlite, writer);
  return writer;
}
