/** Adds a web server or a repository of Hugging Face as a linked storage: both are only read. */
import type { AddStorageInput, StorageRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { addWebPlace } from './add-linked-place.ts';
import type { WebRoot } from './objects/web-root.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';

/** One that is there is returned. Errors: `invalid_argument`: to be managed or watched, or a single file. */
export async function addWebStorage(
  context: StorageContext,
  { managed, watch, description }: AddStorageInput,
  { root, key }: { root: WebRoot; key: string },
): Promise<{ items: StorageRecord[] }> {
  if (watch || managed === true) {
    throw new BenchkeepError(
      'invalid_argument',
      `${root.root} can only be read`,
      'Add it with --link, and without --watch. What is in it is registered with: benchkeep save ADDRESS.',
    );
  }
  if (key !== '') {
    throw new BenchkeepError(
      'invalid_argument',
      `Only all of ${root.root} can be a storage`,
      `Add ${root.root}, or save what you need of it: benchkeep save ADDRESS.`,
    );
  }
  return { items: await recordsOf(context, [await addWebPlace(context, root, description ?? null)]) };
}
