/** What finding artifacts stands on: the indexes of sorted lists. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE INDEX artifact_by_created ON artifact (visibility, is_latest, created_at, id)`,
  `CREATE INDEX artifact_by_updated ON artifact (visibility, is_latest, updated_at, id)`,
  `CREATE INDEX artifact_by_key ON artifact (visibility, is_latest, key, id)`,
  `CREATE INDEX artifact_by_size ON artifact (visibility, is_latest, size, id)`,
  `CREATE INDEX artifact_by_suffix ON artifact (visibility, is_latest, suffix, id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
