/** How far the scrub is and when it found what right; what is due in the inbox by its state. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE TABLE scrub (
    id INTEGER PRIMARY KEY CHECK (id = 1), round INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('idle', 'running', 'paused')), position INTEGER NOT NULL,
    checked INTEGER NOT NULL, total INTEGER NOT NULL, bytes INTEGER NOT NULL, failed INTEGER NOT NULL,
    started_at TEXT, finished_at TEXT) STRICT`,
  `CREATE TABLE scrubbed (
    copy_id INTEGER PRIMARY KEY, artifact_uid TEXT NOT NULL, round INTEGER NOT NULL, verified_at TEXT) STRICT`,
  `CREATE INDEX scrubbed_verified ON scrubbed (verified_at)`,
  // What waits is looked at before what failed.
  `CREATE INDEX inbox_due ON inbox (storage_uid, state, next)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
