/** LaminDB's idempotence: content that is known is not saved twice; other content under a known key is a version. */
import type { Kysely } from 'kysely';
import type { ArtifactRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import type { SaveDetails } from './save-details.ts';

export interface SavedContent {
  /** Bytes; of a folder the sum. */
  size: number;
  /** Of the whole content; of a folder its manifest's. */
  sha256: string;
  isFolder: boolean;
}

/** What content from outside is: known, or new, then perhaps the next version of a family. */
export interface SaveDecision {
  known: ArtifactRow | null;
  family: ArtifactRow | null;
}

/** `db` may be a transaction: asked once more inside it, the answer holds. */
export async function decideSave(
  db: Kysely<RegistryDB>,
  content: SavedContent,
  target: StorageRow,
  { key, revises, isNew }: Pick<SaveDetails, 'key' | 'revises' | 'isNew'>,
): Promise<SaveDecision> {
  const family = revises ?? (key === null ? null : await familyOfKey(db, target, key));
  if (isNew) return { known: null, family };
  const known = await knownContent(db, content);
  const first =
    known.find((row) => row.stem_uid === family?.stem_uid) ?? known.find((row) => row.key === key) ?? known[0];
  return { known: first ?? null, family };
}

/**
 * Artifacts, not in the trash, with exactly this content, newest versions first. Size and sha256 of the whole content
 * decide, so what is unverified is never taken for the same. Empty files are never the same.
 */
function knownContent(db: Kysely<RegistryDB>, { size, sha256, isFolder }: SavedContent): Promise<ArtifactRow[]> {
  if (size === 0 && !isFolder) return Promise.resolve([]);
  return db
    .selectFrom('artifact')
    .selectAll()
    .where('sha256', '=', sha256)
    .where('size', '=', size)
    .where('visibility', 'in', [1, 0])
    .where('state', '!=', 'changed')
    .where('n_files', isFolder ? 'is not' : 'is', null)
    .orderBy('is_latest', 'desc')
    .orderBy('id')
    .limit(100)
    .execute();
}

/** The latest of the family with this key: a virtual key is one in all storages, one in place in its storage. */
async function familyOfKey(db: Kysely<RegistryDB>, target: StorageRow, key: string): Promise<ArtifactRow | null> {
  const row = await db
    .selectFrom('artifact')
    .selectAll()
    .where('visibility', 'in', [1, 0])
    .where('is_latest', '=', 1)
    .where('key', '=', key)
    .where((where) => where.or([where('key_is_virtual', '=', 1), where('storage_id', '=', target.id)]))
    .orderBy('key_is_virtual', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}
