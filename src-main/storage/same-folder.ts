/** The storage that already has a folder as its root, also where it was given by another path. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from './local-root.ts';
import type { StorageContext } from './storage-context.ts';

/**
 * Null where the folder is new. Errors: `root_refused` where another root is the same folder (a bind mount: device
 * and inode are equal), because each file would then be registered twice.
 */
export async function sameFolderStorage(
  context: Pick<StorageContext, 'registry' | 'workstationUid' | 'fs'>,
  root: RawPath,
): Promise<StorageRow | null> {
  const storages = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', context.workstationUid)
    .where('root_path', 'is not', null)
    .execute();
  const same = storages.find((storage) => localRoot(storage) === root);
  if (same !== undefined) return same;
  const facts = await context.fs.look(root);
  if (facts === null) return null;
  for (const storage of storages) {
    const other = await lookQuietly(context, localRoot(storage));
    if (other === null || other.dev !== facts.dev || other.ino !== facts.ino) continue;
    throw new BenchkeepError(
      'root_refused',
      `${rawToDisplay(root)} is the same folder as the storage ${storage.root}`,
      'Use that one: each of its files would else be registered twice.',
    );
  }
  return null;
}

/** A root that can't be reached now is not this folder, which can. */
async function lookQuietly(
  { fs }: Pick<StorageContext, 'fs'>,
  root: RawPath,
): ReturnType<StorageContext['fs']['look']> {
  try {
    return await fs.look(root);
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}
