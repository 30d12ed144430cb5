import type { StorageRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { assertWritable } from './assert-writable.ts';
import { findStorage } from './find-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/** Makes it the default storage of the instance. Errors: those of `assertWritable`, `not_found`. */
export async function useStorage(context: StorageContext, input: { storage: string }): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage);
  await assertWritable(context, storage);
  await writeRegistry(context, await context.author(), 'storage use', (write) =>
    write.update('instance', 1, { default_storage_id: storage.id, updated_at: write.now }),
  );
  return { items: await storageRecords(context, [storage.id]) };
}
