/** Where an instance is published, and who it is that publishes. */
import { hostname } from 'node:os';
import { newUid } from '../../../shared/uid.ts';
import { rawFromText, rawToDisplay } from '../../ports/fs/raw-path.ts';
import {
  bucketPlace,
  folderPlace,
  parseCloudRoot,
  type CloudRoot,
  type ObjectStore,
  type PublishedPlace,
  type StoreOptions,
} from '../../storage/index.ts';
import type { InstanceCard } from '../instance-card.ts';
import type { Workbench } from '../workbench.ts';
import type { Self } from './lease.ts';

type PlaceContext = Pick<Workbench, 'fs' | 'stores' | 'random' | 'clock' | 'workstationUid'>;

/** Beside the content of the default storage; null where that is not known. Asks nobody. */
export function placeOf(context: PlaceContext, card: InstanceCard): Promise<PublishedPlace | null> {
  const root = rootOf(card);
  return root === null ? Promise.resolve(null) : placeAt(context, root, card.uid);
}

/** Of the place; null where it is not known. */
export function rootOf(card: InstanceCard): string | CloudRoot | null {
  if (card.published_at !== undefined) return recordedRoot(card.published_at, card.published_options ?? null);
  return card.storage === '' ? null : recordedRoot(card.storage, card.storage_options ?? null);
}

/** A root that co-writers may have written: that it is written somewhere makes no endpoint one that is chosen here (S-10). */
export function recordedRoot(root: string, options: StoreOptions | null): string | CloudRoot {
  const bucket = parseCloudRoot(root);
  return bucket === null ? root : { ...bucket, options: options ?? {}, fromRegistry: true };
}

/** `root`: of a storage. */
export async function placeAt(
  context: PlaceContext,
  root: string | CloudRoot,
  instanceUid: string,
): Promise<PublishedPlace> {
  const { fs, stores, random, clock, workstationUid } = context;
  if (typeof root === 'string') return folderPlace({ fs, instanceUid, random, clock, root: rawFromText(root) });
  const ignoresConditions = root.options.conditions === 'ignored';
  const whose = { fs, instanceUid, workstationUid, root: root.root, ignoresConditions };
  return followingSignIns(stores, root, (store) => bucketPlace({ ...whose, store }));
}

/** A place is kept for as long as the instance is open, and who signs in meanwhile is heard by a new client only. */
async function followingSignIns(
  stores: Workbench['stores'],
  root: CloudRoot,
  placeIn: (store: ObjectStore) => PublishedPlace,
): Promise<PublishedPlace> {
  let store = await stores.open(root);
  let place = placeIn(store);
  async function now(): Promise<PublishedPlace> {
    const latest = await stores.open(root);
    if (latest !== store) {
      store = latest;
      place = placeIn(store);
    }
    return place;
  }
  return {
    root: place.root,
    readState: async (...call) => (await now()).readState(...call),
    writeState: async (...call) => (await now()).writeState(...call),
    ageOfState: async (...call) => (await now()).ageOfState(...call),
    lookAtSnapshot: async (...call) => (await now()).lookAtSnapshot(...call),
    replaceSnapshot: async (...call) => (await now()).replaceSnapshot(...call),
    fetchSnapshot: async (...call) => (await now()).fetchSnapshot(...call),
    putBeside: async (...call) => (await now()).putBeside(...call),
    removeSnapshot: async (...call) => (await now()).removeSnapshot(...call),
    remove: async (...call) => (await now()).remove(...call),
  };
}

export function selfOf(
  workbench: Pick<Workbench, 'home' | 'random' | 'workstationUid' | 'settings'>,
  instanceUid: string,
): Self {
  return {
    instanceUid,
    workstationUid: workbench.workstationUid,
    session: newUid(workbench.random, 16),
    host: hostname(),
    home: rawToDisplay(workbench.home),
    user: workbench.settings().handle,
  };
}
