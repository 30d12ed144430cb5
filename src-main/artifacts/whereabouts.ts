/** Is content that the registry knows still somewhere? Asked before a person is told that it is saved already. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { relativeRaw } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { cacheFolder } from '../transfers/index.ts';
import { locateContent } from './locate-content.ts';
import { offlineStorages } from './offline-storages.ts';
import { readContext } from './read-context.ts';

/** There, gone from every place that can be looked at, or other bytes are in its place. */
export async function whereabouts(
  context: InstanceContext,
  artifact: ArtifactRow,
): Promise<'there' | 'gone' | 'changed'> {
  try {
    const { path } = await locateContent(readContext(context), artifact);
    // What is in the cache may be cleared at any time: it is not the last copy.
    if (relativeRaw(cacheFolder(context), path) === null) return 'there';
  } catch (error) {
    const code = error instanceof BenchkeepError ? error.code : null;
    if (code === 'file_not_found') return 'gone';
    if (code === 'file_changed') return 'changed';
    if (code !== 'offline' && code !== 'in_cloud') throw error;
  }
  return (await isSafeElsewhere(context, artifact)) ? 'there' : 'gone';
}

/** In a store where it was verified and was not found missing since, or on a drive or computer that is away. */
async function isSafeElsewhere(context: InstanceContext, { id, state }: ArtifactRow): Promise<boolean> {
  if (state === 'missing') return false;
  const copies = await context.registry.db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['copy.storage_id', 'copy.verified_at', 'storage.type'])
    .where('copy.artifact_id', '=', id)
    .execute();
  const away = await offlineStorages(readContext(context));
  return copies.some(({ storage_id: storageId, verified_at: verifiedAt, type }) =>
    type === 'local' ? away.has(storageId) : verifiedAt !== null,
  );
}
