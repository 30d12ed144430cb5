/** LaminDB's idempotence: content that is known is not saved twice. */
import type { Kysely } from 'kysely';
import type { ArtifactRow, RegistryDB } from '../registry/schema.ts';

/**
 * The artifact, not in the trash, with exactly this content: of a family its newest that has it. Size and sha256 of the
 * whole content decide, so what is unverified is never taken for the same. Empty files are never the same.
 */
export async function knownContent(
  db: Kysely<RegistryDB>,
  content: { size: number; sha256: string; isFolder: boolean },
): Promise<ArtifactRow | null> {
  if (content.size === 0) return null;
  const row = await db
    .selectFrom('artifact')
    .selectAll()
    .where('sha256', '=', content.sha256)
    .where('size', '=', content.size)
    .where('visibility', '!=', -1)
    .where('n_files', content.isFolder ? 'is not' : 'is', null)
    .orderBy('is_latest', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** The latest version of the family with this virtual key: one family in all managed storages of the instance. */
export async function familyOfKey(db: Kysely<RegistryDB>, key: string): Promise<ArtifactRow | null> {
  const row = await db
    .selectFrom('artifact')
    .selectAll()
    .where('visibility', 'in', [1, 0])
    .where('is_latest', '=', 1)
    .where('key', '=', key)
    .where('key_is_virtual', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}
