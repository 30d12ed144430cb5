import type { StorageRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { findStorage } from './find-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/** Changes what a storage is described as. Errors: `not_found`. */
export async function editStorage(
  context: StorageContext,
  input: { storage: string; description: string | null },
): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage);
  await writeRegistry(context, await context.author(), 'storage edit', (write) =>
    write.update('storage', storage.id, { description: input.description === '' ? null : input.description, updated_at: write.now }),
  );
  return { items: await storageRecords(context, [storage.id]) };
}
