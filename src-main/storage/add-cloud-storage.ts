/** Adds a bucket, or a folder of one, as a storage: managed (marked as ours) or linked (only read). */
import type { AddStorageInput, StorageRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { insertCloudStorage, optionsOf } from './insert-storage.ts';
import { readObjectMarker, writeObjectMarker } from './object-marker.ts';
import type { CloudRoot } from './objects/store-options.ts';
import { planStorage } from './plan-storage.ts';
import { withConditions } from './probe-conditions.ts';
import { rememberChosen } from './sign-in-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';
import { cloudRootOf } from './stores.ts';
import { updateStorage } from './update-storage.ts';

/**
 * A root that is registered already is returned. The bucket is asked first, so that what can't be reached is not added.
 * Errors: `invalid_argument` (a bucket is not watched), `storage_managed_elsewhere`, `root_refused`, those of the store.
 */
export async function addCloudStorage(
  context: StorageContext,
  input: AddStorageInput,
  root: CloudRoot,
): Promise<{ items: StorageRecord[] }> {
  if (input.watch) {
    throw new BenchkeepError(
      'invalid_argument',
      'A bucket can not be watched',
      'Leave --watch out. What is in it is registered with: benchkeep save ROOT/KEY.',
    );
  }
  const same = await rowOfRoot(context, root.root);
  if (same !== null) {
    const { conditions: _found, ...given } = cloudRootOf(same)?.options ?? {};
    if (optionsOf({ options: given }) !== optionsOf(root)) {
      throw new BenchkeepError(
        'already_exists',
        `${root.root} is a storage already, reached in another way`,
        'Remove it first (benchkeep storage remove), then add it again with what is right.',
      );
    }
    await rememberChosen(context, root);
    await updateStorage(context, same, input);
    return { items: await recordsOf(context, [same.id]) };
  }
  const managed = input.managed ?? true;
  const store = await context.stores.open(root);
  const marker = await readObjectMarker(store);
  const known = await rowOfUid(context, marker?.uid ?? '');
  if (known?.managed === 1) {
    throw new BenchkeepError(
      'root_refused',
      `${root.root} is the storage ${known.root} already`,
      'Use that one, or choose another folder of the bucket.',
    );
  }
  const bearer = known === null ? null : { storage: known, inPlace: true, here: true };
  const plan = planStorage({ root: root.root, managed, marker, bearer, instanceUid: context.instanceUid });
  if (plan.kind === 'moved') throw new Error('only folders move');
  const uid = plan.uid ?? newRecordUid(context.random, 'storage');
  const region = root.options.region ?? (await store.region());
  // Before the marker, which is put only where none is: the store may not keep to that.
  const reached = managed ? await withConditions(root, store, context.random) : root;
  if (managed && marker === null) {
    // Before the row: a marker of ours without a row is taken up when the bucket is added again.
    const owner = await handleOf(context);
    const { instanceUid, instanceName } = context;
    await writeObjectMarker(await context.stores.open(reached), { uid, instanceUid, instanceName, owner });
  }
  await rememberChosen(context, root);
  const row = { uid, root: reached, region, managed, instanceUid: plan.instanceUid, description: input.description };
  const id = await writeRegistry(context, await context.author(), 'storage add', (write) =>
    insertCloudStorage(write, row),
  );
  return { items: await recordsOf(context, [id]) };
}

async function rowOfRoot({ registry }: StorageContext, root: string): Promise<StorageRow | null> {
  return (await registry.db.selectFrom('storage').selectAll().where('root', '=', root).executeTakeFirst()) ?? null;
}

async function rowOfUid({ registry }: StorageContext, uid: string): Promise<StorageRow | null> {
  return (await registry.db.selectFrom('storage').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}

async function handleOf(context: StorageContext): Promise<string> {
  const { userId } = await context.author();
  const { db } = context.registry;
  return (await db.selectFrom('user').select('handle').where('id', '=', userId).executeTakeFirstOrThrow()).handle;
}
