/** What is given anew of a storage that is there. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { AddStorageInput } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { StorageContext } from './storage-context.ts';

/** Errors: `already_exists` where it would change between managed and linked. */
export async function updateStorage(
  context: StorageContext,
  storage: StorageRow,
  input: AddStorageInput,
): Promise<void> {
  const isManaged = storage.managed === 1;
  if ((input.managed ?? isManaged) !== isManaged) {
    const is = isManaged ? 'managed' : 'linked';
    throw new BenchkeepError(
      'already_exists',
      `${storage.root} is a ${is} storage already`,
      'Remove it first (benchkeep storage remove), then add it again.',
    );
  }
  const patch = {
    watch: input.watch ? 1 : storage.watch,
    description: input.description ?? storage.description,
    region: input.host ?? storage.region,
  };
  await writeRegistry(context, await context.author(), 'storage add', async (write) => {
    if (await write.update('storage', storage.id, patch))
      await write.update('storage', storage.id, { updated_at: write.now });
  });
}
