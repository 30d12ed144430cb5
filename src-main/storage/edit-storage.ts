/** Changes what a storage is described as. */
import type { StorageRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { findStorage } from './find-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';

/** Errors: `not_found`. */
export async function editStorage(
  context: StorageContext,
  input: { storage: string; description: string | null },
): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage, context);
  const description = input.description === '' ? null : input.description;
  await writeRegistry(context, await context.author(), 'storage edit', async (write) => {
    if (await write.update('storage', storage.id, { description }))
      await write.update('storage', storage.id, { updated_at: write.now });
  });
  return { items: await recordsOf(context, [storage.id]) };
}
