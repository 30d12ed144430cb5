/** What is on its way to and from stores, and what was kept of it on this computer. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL CHECK (direction IN ('upload', 'download')),
    purpose TEXT NOT NULL CHECK (purpose IN ('save', 'upload', 'cache')),
    artifact_uid TEXT NOT NULL, storage_uid TEXT NOT NULL, path BLOB NOT NULL, source BLOB NOT NULL,
    size INTEGER NOT NULL, sha256 TEXT NOT NULL, facts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
      ('planned', 'sending', 'completing', 'verified', 'recorded', 'settling', 'done', 'cancelled')),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    free_up INTEGER NOT NULL DEFAULT 0 CHECK (free_up IN (0, 1)), rank INTEGER NOT NULL DEFAULT 0, token TEXT, checksum TEXT, version TEXT,
    sent INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, next TEXT, error TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  // One at a time for an artifact and a store: whoever asks again goes on with it.
  `CREATE UNIQUE INDEX transfer_active ON transfer (artifact_uid, storage_uid, direction)
    WHERE state NOT IN ('done', 'cancelled')`,
  `CREATE INDEX transfer_content ON transfer (sha256) WHERE state NOT IN ('done', 'cancelled')`,
  `CREATE INDEX transfer_queue ON transfer (rank, id) WHERE state NOT IN ('done', 'cancelled')`,
  `CREATE INDEX transfer_over ON transfer (updated_at, id) WHERE state IN ('done', 'cancelled')`,
  `CREATE INDEX transfer_artifact ON transfer (artifact_uid)`,
  `CREATE TABLE cached (
    artifact_uid TEXT PRIMARY KEY, path BLOB NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    facts TEXT NOT NULL, verified_at TEXT NOT NULL, used_at TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX cached_used ON cached (used_at)`,
  // By the servers, too: what was given for some is not for others.
  `CREATE TABLE credential (
    root TEXT NOT NULL, endpoint TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('keys', 'service_account', 'profile')),
    profile TEXT, sealed TEXT, created_at TEXT NOT NULL, PRIMARY KEY (root, endpoint),
    CHECK ((kind = 'profile') = (profile IS NOT NULL)), CHECK ((profile IS NULL) = (sealed IS NOT NULL)))
    STRICT, WITHOUT ROWID`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
