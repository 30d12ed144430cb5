/** Is content that the registry knows still somewhere? Asked before a person is told that it is saved already. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { relativeRaw } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { cacheFolder } from '../transfers/index.ts';
import { locateContent } from './locate-content.ts';
import { isStillInCloud, type ReadHere } from './look-in-cloud.ts';
import { offlineStorages } from './offline-storages.ts';
import { readContext } from './read-context.ts';
import type { SaveTools } from './save-details.ts';

/** There, gone from every place that can be looked at, or other bytes are in its place. `here`: as it was read just now. */
export async function whereabouts(
  context: InstanceContext,
  artifact: ArtifactRow,
  here: ReadHere,
  tools: SaveTools,
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
  if (artifact.state === 'missing') return 'gone';
  const isThere = (await isAway(context, artifact)) || (await isStillInCloud(context, artifact, { here }, tools));
  return isThere ? 'there' : 'gone';
}

/**
 * A person wants content in `storage`, in the cloud, where no copy counts (any more), and only what was read just now can be
 * sent there: all other copies are away.
 */
export async function isOnlyAtHand(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: StorageRow,
  here: ReadHere,
  tools: SaveTools,
): Promise<boolean> {
  if (await isStillInCloud(context, artifact, { here, only: storage }, tools)) return false;
  try {
    await locateContent(readContext(context), artifact);
    return false;
  } catch (error) {
    if (error instanceof BenchkeepError && AWAY.has(error.code)) return true;
    throw error;
  }
}

const AWAY: ReadonlySet<string> = new Set(['in_cloud', 'offline', 'file_not_found']);

/** On a drive or computer that is away. */
async function isAway(context: InstanceContext, { id }: ArtifactRow): Promise<boolean> {
  const copies = await context.registry.db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select('copy.storage_id')
    .where('copy.artifact_id', '=', id)
    .where('storage.type', '=', 'local')
    .execute();
  const away = await offlineStorages(readContext(context));
  return copies.some(({ storage_id: storageId }) => away.has(storageId));
}
