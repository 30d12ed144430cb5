/** Where the registry itself says that content from outside is kept. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../registry/schema.ts';

/** Root of the default storage; empty where there is none. */
export async function defaultRootOf(db: Kysely<RegistryDB>): Promise<string> {
  const row = await db
    .selectFrom('instance')
    .innerJoin('storage', 'storage.id', 'instance.default_storage_id')
    .select('storage.root')
    .executeTakeFirst();
  return row?.root ?? '';
}
