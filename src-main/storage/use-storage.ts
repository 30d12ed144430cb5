/** Makes a storage the default one: where content from outside is saved. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { findStorage } from './find-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';

/** Errors: `not_found`, `storage_linked`. */
export async function useStorage(
  context: StorageContext,
  input: { storage: string },
): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage, context);
  if (storage.managed !== 1) {
    throw new BenchkeepError(
      'storage_linked',
      `${storage.root} is linked: Benchkeep only reads it, so it can't be the default storage`,
      'Choose a managed storage (benchkeep storage list).',
    );
  }
  await writeRegistry(context, await context.author(), 'storage use', async (write) => {
    if (await write.update('instance', 1, { default_storage_id: storage.id }))
      await write.update('instance', 1, { updated_at: write.now });
  });
  return { items: await recordsOf(context, [storage.id]) };
}
