/** How a storage that is no folder is reached: JSON of StoreOptions (`storage/objects/store-options`). */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [`ALTER TABLE storage ADD COLUMN options TEXT`];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
