/** Makes a bucket, server or repository a linked storage, because something in it is registered where it is. */
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { addCloudStorage } from './add-cloud-storage.ts';
import type { PlaceRoot } from './objects/object-address.ts';
import type { StorageContext } from './storage-context.ts';

/** Its id. Errors: those of the store, with what to do for somebody who may read only a part of a bucket. */
export async function addLinkedPlace(context: StorageContext, place: PlaceRoot): Promise<number> {
  if (!('bucket' in place)) return addWebPlace(context, place);
  try {
    await addCloudStorage(context, { root: place.root, managed: false, watch: false }, place);
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'not_allowed') throw error;
    throw new BenchkeepError(
      'not_allowed',
      error.message,
      `Add the folder that you may read as a storage first: benchkeep storage add ${place.root}/FOLDER --link. Or: ${error.remedy}`,
    );
  }
  return idOf(context, place.root);
}

/** A row only: what is there is asked of each object. */
export async function addWebPlace(
  context: StorageContext,
  { type, root }: Exclude<PlaceRoot, { bucket: string }>,
  description: string | null = null,
): Promise<number> {
  // A person gave it here: it may be a server of the lab (S-10).
  if (type === 'https') await context.stores.chosen(new URL(root).origin);
  await writeRegistry(context, await context.author(), 'storage add', async (write) => {
    const there = await write.tx.selectFrom('storage').select('id').where('root', '=', root).executeTakeFirst();
    if (there !== undefined) return;
    write.insert('storage', [
      {
        uid: newRecordUid(context.random, 'storage'),
        root,
        root_path: null,
        description,
        type,
        options: null,
        region: null,
        instance_uid: null,
        managed: 0,
        workstation_uid: null,
        watch: 0,
        watch_rule: null,
        transform_id: null,
        run_id: write.author.runId,
        created_by_id: write.author.userId,
        created_at: write.now,
        updated_at: write.now,
      },
    ]);
  });
  return idOf(context, root);
}

async function idOf({ registry }: StorageContext, root: string): Promise<number> {
  return (await registry.db.selectFrom('storage').select('id').where('root', '=', root).executeTakeFirstOrThrow()).id;
}
