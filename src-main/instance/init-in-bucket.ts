/** Makes an instance whose default storage is a bucket, or a folder of one. */
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { renameOwnFolder } from '../ports/fs/own-folder.ts';
import { readObjectMarker, withConditions, writeObjectMarker, type CloudRoot } from '../storage/index.ts';
import { buildInstance } from './build-instance.ts';
import { instanceFolder, type InstanceCard } from './instance-card.ts';
import { chooseName } from './instance-name.ts';
import { unfinishedFolder } from './unfinished.ts';
import type { Workbench } from './workbench.ts';

/** `name` null: that of the folder or the bucket. Errors: `storage_managed_elsewhere`, those of the store. */
export async function initInBucket(
  workbench: Workbench,
  bucket: CloudRoot,
  name: string | null,
  cards: InstanceCard[],
): Promise<InstanceCard> {
  const { home, random, stores } = workbench;
  const store = await stores.open(bucket);
  const marker = await readObjectMarker(store);
  if (marker !== null) {
    const card = cards.find(({ uid, storage }) => uid === marker.instanceUid && storage === bucket.root);
    if (card !== undefined && (name === null || name === card.name)) return card;
    throw managedElsewhere(bucket, card?.name ?? marker.instanceSlug, marker.instanceUid);
  }
  const region = bucket.options.region ?? (await store.region());
  const own = chooseName(name, bucket.root.slice(bucket.root.lastIndexOf('/') + 1), cards);
  const [uid, storageUid] = [newRecordUid(random, 'instance'), newRecordUid(random, 'storage')];
  const reached = await withConditions(bucket, store, random);
  const folder = unfinishedFolder(home, 'new', uid);
  const card = await buildInstance(workbench, {
    folder,
    uid,
    name: own,
    place: { bucket: reached, region },
    storageUid,
  });
  try {
    const owner = workbench.settings().handle;
    await writeObjectMarker(store, { uid: storageUid, instanceUid: uid, instanceName: own, owner });
  } catch (error) {
    const now =
      error instanceof BenchkeepError && error.code === 'already_exists' ? await readObjectMarker(store) : null;
    // An answer that was lost: the mark is ours.
    if (now?.uid !== storageUid)
      throw now === null ? error : managedElsewhere(bucket, now.instanceSlug, now.instanceUid);
  }
  await renameOwnFolder(folder, instanceFolder(home, uid));
  return card;
}

function managedElsewhere({ root }: CloudRoot, name: string | null, uid: string | null): BenchkeepError {
  return new BenchkeepError(
    'storage_managed_elsewhere',
    `${root} is managed by the instance ${name ?? 'of another program'}`,
    'Choose another folder of the bucket. To only read this one, add it to your instance later with: benchkeep storage add ROOT --link.',
    { details: { instance_uid: uid } },
  );
}
