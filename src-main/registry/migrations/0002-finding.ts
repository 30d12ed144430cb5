/** What finding artifacts stands on: the indexes of sorted lists and of filters, the full-text index, what is kept. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // Sorted lists: `id` (the rowid) ends every index, so that pages have one order.
  `CREATE INDEX artifact_by_created ON artifact (visibility, is_latest, created_at)`,
  `CREATE INDEX artifact_by_updated ON artifact (visibility, is_latest, updated_at)`,
  `CREATE INDEX artifact_by_key ON artifact (visibility, is_latest, key)`,
  `CREATE INDEX artifact_by_size ON artifact (visibility, is_latest, size)`,
  `CREATE INDEX artifact_by_suffix ON artifact (visibility, is_latest, suffix)`,
  // Filters: in the order of ids, which is that of registration.
  `CREATE INDEX artifact_by_storage ON artifact (storage_id)`,
  `CREATE INDEX artifact_by_user ON artifact (created_by_id)`,
  `CREATE INDEX artifact_by_run ON artifact (run_id) WHERE run_id IS NOT NULL`,
  `CREATE INDEX artifact_by_kind ON artifact (kind) WHERE kind IS NOT NULL`,
  `CREATE INDEX artifact_by_state ON artifact (state) WHERE state <> 'ok'`,
  `CREATE VIRTUAL TABLE search_shown USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1')`,
  `CREATE VIRTUAL TABLE search_other USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1')`,
  // One row each: `newest` and `ordered_from` (`registry/finding-order`).
  `CREATE TABLE finding (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
