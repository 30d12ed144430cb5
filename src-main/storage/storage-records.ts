/** Storages as the contract shows them. */
import type { StorageRecord } from '../../shared/contract/index.ts';
import { localStorageUid } from './local-storage-setting.ts';
import type { StorageContext } from './storage-context.ts';

/** In the order they were added; all of them without `ids`. */
export async function storageRecords(
  context: Pick<StorageContext, 'registry' | 'workstation'>,
  ids?: readonly number[],
): Promise<StorageRecord[]> {
  const { db } = context.registry;
  const rows = await db
    .selectFrom('storage')
    .innerJoin('user', 'user.id', 'storage.created_by_id')
    .leftJoin('run', 'run.id', 'storage.run_id')
    .selectAll('storage')
    .select(['user.handle as handle', 'run.uid as run_uid'])
    .$if(ids !== undefined, (query) => query.where('storage.id', 'in', [...(ids ?? [])]))
    .orderBy('storage.id')
    .execute();
  const instance = await db.selectFrom('instance').select('default_storage_id').executeTakeFirst();
  const local = await localStorageUid(context.workstation);
  return rows.map((row) => ({
    uid: row.uid,
    root: row.root,
    description: row.description,
    type: row.type,
    region: row.region,
    instance_uid: row.instance_uid,
    managed: row.managed === 1,
    default: row.id === instance?.default_storage_id,
    local: row.uid === local,
    watch: row.watch === 1,
    run: row.run_uid,
    created_by: row.handle,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }));
}
