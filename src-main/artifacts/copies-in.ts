import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';

const CHUNK = 500;

/** Ids of those artifacts whose content is verified in this storage. */
export async function copiesIn(
  { registry }: Pick<InstanceContext, 'registry'>,
  artifacts: readonly Pick<ArtifactRow, 'id'>[],
  { id: storageId }: Pick<StorageRow, 'id'>,
): Promise<Set<number>> {
  const there = new Set<number>();
  for (let i = 0; i < artifacts.length; i += CHUNK) {
    const rows = await registry.db
      .selectFrom('copy')
      .select(['artifact_id', 'storage_id'])
      .where(
        'artifact_id',
        'in',
        artifacts.slice(i, i + CHUNK).map(({ id }) => id),
      )
      .where('verified_at', 'is not', null)
      .execute();
    // Asked for both, SQLite goes through all that the storage has.
    for (const { artifact_id: id, storage_id: of } of rows) if (of === storageId) there.add(id);
  }
  return there;
}
