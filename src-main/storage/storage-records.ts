/** Storages as clients see them. */
import type { StorageRecord } from '../../shared/contract/index.ts';
import { currentLocalStorage } from './current-local-storage.ts';
import { endpointOf } from './objects/store-options.ts';
import type { StorageContext, StorageReadContext } from './storage-context.ts';
import { cloudRootOf } from './stores.ts';

/** In the order of `ids`; ids of nothing are left out. */
export async function storageRecords(context: StorageReadContext, ids: readonly number[]): Promise<StorageRecord[]> {
  const rows = await context.registry
    .selectFrom('storage')
    .innerJoin('user', 'user.id', 'storage.created_by_id')
    .leftJoin('run', 'run.id', 'storage.run_id')
    .selectAll('storage')
    .select(['user.handle', 'run.uid as run_uid'])
    .where('storage.id', 'in', ids)
    .execute();
  const instance = await context.registry.selectFrom('instance').select('default_storage_id').executeTakeFirst();
  const local = await currentLocalStorage(context);
  const records = new Map(
    rows.map((row): [number, StorageRecord] => {
      const bucket = cloudRootOf(row);
      const record: StorageRecord = {
        uid: row.uid,
        root: row.root,
        description: row.description,
        type: row.type,
        region: row.region,
        endpoint: bucket === null ? null : (endpointOf(bucket) ?? null),
        instance_uid: row.instance_uid,
        managed: row.managed === 1,
        default: row.id === instance?.default_storage_id,
        local: row.id === local?.id,
        watch: row.watch === 1,
        run: row.run_uid,
        created_by: row.handle,
        created_at: row.created_at,
        updated_at: row.updated_at,
      };
      return [row.id, record];
    }),
  );
  return ids.flatMap((id) => records.get(id) ?? []);
}

/** The same, for operations that have just written them. */
export function recordsOf(
  context: Pick<StorageContext, 'registry' | 'workstation' | 'workstationUid'>,
  ids: readonly number[],
): Promise<StorageRecord[]> {
  return storageRecords(
    { registry: context.registry.db, workstation: context.workstation.db, workstationUid: context.workstationUid },
    ids,
  );
}
