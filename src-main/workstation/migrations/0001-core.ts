/** Inventory, inbox, roots and settings. Append-only: released migrations are never edited. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE inventory (
    storage_uid TEXT NOT NULL, folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
    mtime_ns TEXT NOT NULL, ctime_ns TEXT NOT NULL, dev TEXT NOT NULL, ino TEXT NOT NULL, sha256 TEXT,
    artifact_uid TEXT NOT NULL, gone_since TEXT, missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)),
    unit INTEGER NOT NULL DEFAULT 0 CHECK (unit IN (0, 1)),
    PRIMARY KEY (storage_uid, folder, name)) STRICT, WITHOUT ROWID`,
  `CREATE INDEX inventory_gone ON inventory (storage_uid, gone_since) WHERE gone_since IS NOT NULL`,
  // By which a renamed file is known again.
  `CREATE INDEX inventory_ino ON inventory (ino)`,
  `CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, storage_uid TEXT NOT NULL, path BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'failed', 'ignored')), cause TEXT NOT NULL, reason TEXT NOT NULL,
    since TEXT NOT NULL, next TEXT, attempts INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns TEXT NOT NULL,
    ctime_ns TEXT NOT NULL, dev TEXT NOT NULL, ino TEXT NOT NULL) STRICT`,
  `CREATE UNIQUE INDEX inbox_path ON inbox (storage_uid, path)`,
  `CREATE INDEX inbox_next ON inbox (storage_uid, next)`,
  `CREATE INDEX inbox_state ON inbox (state, since)`,
  `CREATE TABLE root (
    storage_uid TEXT PRIMARY KEY, identity TEXT NOT NULL, attached INTEGER NOT NULL CHECK (attached IN (0, 1)),
    reason TEXT, checked_at TEXT NOT NULL) STRICT`,
  `CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
