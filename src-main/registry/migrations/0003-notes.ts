/** Why the program did something by itself: a note with each change. */
import { sql, type Kysely } from 'kysely';

const STATEMENTS = [`ALTER TABLE change ADD COLUMN note TEXT`];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
