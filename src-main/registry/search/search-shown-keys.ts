/** Keys of the newest artifacts that have all terms: for "did you mean". */
import { sql, type Kysely } from 'kysely';
import type { RegistryDB } from '../schema.ts';
import { matchArgument } from './search-index.ts';

export async function searchShownKeys(
  db: Kysely<RegistryDB>,
  terms: readonly string[],
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    SELECT a.key AS key
    FROM (SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${matchArgument(terms)} ORDER BY rowid DESC LIMIT ${limit}) s
    CROSS JOIN artifact a WHERE a.id = s.id AND a.key IS NOT NULL ORDER BY a.id DESC`.execute(db);
  return rows.map(({ key }) => key);
}
