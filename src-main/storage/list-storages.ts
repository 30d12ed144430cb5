import type { StorageRecord } from '../../shared/contract/index.ts';
import type { StorageContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/** Every storage of the instance, in the order they were added. */
export async function listStorages(context: Pick<StorageContext, 'registry' | 'workstation'>): Promise<{ items: StorageRecord[] }> {
  return { items: await storageRecords(context) };
}
