/** Every storage of the instance. */
import type { StorageRecord } from '../../shared/contract/index.ts';
import type { StorageReadContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/** In the order they were added. */
export async function listStorages(context: StorageReadContext): Promise<{ items: StorageRecord[] }> {
  const rows = await context.registry.selectFrom('storage').select('id').orderBy('id').execute();
  const ids = rows.map(({ id }) => id);
  return { items: await storageRecords(context, ids) };
}
