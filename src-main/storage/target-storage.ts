/** Where content from outside of every storage is saved. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import { currentLocalStorage } from './current-local-storage.ts';
import type { StorageContext } from './storage-context.ts';

/**
 * The default storage; while artifacts are kept local and the default is in the cloud, the current local storage of
 * this computer. `upload`: the bucket, whatever the switch says. Errors: `no_local_storage`, `refused` (nothing to upload to), `not_found` (no default).
 */
export async function targetStorage(
  context: Pick<StorageContext, 'registry' | 'workstation' | 'workstationUid'>,
  { upload = false }: { upload?: boolean } = {},
): Promise<StorageRow> {
  const { db } = context.registry;
  const instance = await db
    .selectFrom('instance')
    .select(['keep_artifacts_local', 'default_storage_id'])
    .executeTakeFirstOrThrow();
  const target = await db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', instance.default_storage_id)
    .executeTakeFirst();
  if (target === undefined) {
    throw new BenchkeepError(
      'not_found',
      'This instance has no default storage',
      'Choose one with: benchkeep storage use ROOT.',
    );
  }
  if (upload && target.type === 'local') {
    throw new BenchkeepError(
      'refused',
      `The default storage ${target.root} is a folder, so there is nothing to upload to`,
      'Add a bucket and make it the default: benchkeep storage add s3://BUCKET, benchkeep storage use s3://BUCKET.',
    );
  }
  if (upload || instance.keep_artifacts_local === 0 || target.type === 'local') return target;
  const local = await currentLocalStorage({ ...context, registry: db, workstation: context.workstation.db });
  if (local !== null) return local;
  throw new BenchkeepError(
    'no_local_storage',
    'New files are to be kept on this computer, but it has no storage for them',
    'Add one with: benchkeep storage add FOLDER.',
  );
}
