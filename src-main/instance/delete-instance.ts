/** Removes an instance from this computer: its registry and its marks, never content, nor work in its cache. */
import { BenchkeepError } from '../../shared/errors.ts';
import { newUid } from '../../shared/uid.ts';
import { renameOwnFolder, removeUnfinishedFolder } from '../ports/fs/own-folder.ts';
import { rawToDisplay, rawFromBytes } from '../ports/fs/raw-path.ts';
import type { Registry } from '../registry/open-registry.ts';
import type { StorageRow } from '../registry/schema.ts';
import {
  keptSignIns,
  localRoot,
  readMarker,
  readObjectMarker,
  removeMarker,
  removeObjectMarker,
  SNAPSHOT_NAME,
  storeOf,
  type Stores,
} from '../storage/index.ts';
import { endHiddenFolders } from './end-hidden-folders.ts';
import { findInstance } from './find-instance.ts';
import { instanceFolder, type InstanceCard } from './instance-card.ts';
import { keepWork } from './keep-work.ts';
import { openDatabases } from './open-databases.ts';
import { goesOnFrom } from './prove-backup.ts';
import { GONE_AFTER, holderInWords } from './publishing/lease.ts';
import { reachPlace, type ReachedPlace } from './publishing/reach-place.ts';
import { fetchedPath, fetchPublished } from './publishing/read-history.ts';
import { unfinishedFolder, whileSettingUp } from './unfinished.ts';
import type { Workbench } from './workbench.ts';

const MOST_LISTED = 20;

/**
 * The instance must not be open (`locked` otherwise). Errors: `not_found`; `instance_has_data` while artifacts have
 * content in managed storages, trash included, unless `force`; linked storages don't count.
 */
export async function deleteInstance(
  workbench: Workbench,
  input: { name: string; force: boolean },
): Promise<{ remains: string[] }> {
  const { home, fs, clock, random } = workbench;
  const card = await findInstance(workbench, input.name);
  const folder = instanceFolder(home, card.uid);
  const remains = await whileSettingUp(workbench, async () => {
    const databases = await openDatabases({ fs, clock, token: newUid(random, 16) }, card, folder);
    let left: string[];
    try {
      if (databases.readOnly !== null)
        throw new BenchkeepError(
          'registry_read_only',
          `The instance ${card.name} can't be removed`,
          databases.readOnly,
        );
      const storages = await databases.registry.db.selectFrom('storage').selectAll().where('managed', '=', 1).execute();
      if (!input.force) await refuseData(databases.registry, card.name);
      const stores = workbench.stores.ofInstance(keptSignIns(databases.workstation));
      const signedIn = { ...workbench, stores };
      try {
        await refuseWhileHeldAnywhere(signedIn, card);
        // While it can fail, everything that leads to it is still there.
        const hidden = await endHiddenFolders({ ...signedIn, folder, ...databases });
        const kept = await keepWork({ home, fs, folder, stores, ...databases }, card.uid);
        const published = await takePublishedAway(signedIn, card, databases.registry);
        left = [
          ...hidden,
          ...published.remains,
          ...(published.goesOn
            ? storages.map(({ root }) => `${root} (its mark stays there: others go on with the instance)`)
            : await takeMarkersAway(signedIn, storages)),
        ];
        if (kept !== null) left.push(rawToDisplay(kept));
      } finally {
        stores.close();
      }
    } finally {
      await databases.close();
    }
    const gone = unfinishedFolder(home, 'gone', card.uid);
    await renameOwnFolder(folder, gone);
    await removeUnfinishedFolder(gone);
    return left;
  });
  if (workbench.settings().instance === card.name) await workbench.changeSettings({ instance: null });
  return { remains };
}

/**
 * What was put beside it stays, and is named; so does what holds changes that are not here (`goesOn`). A place that can't
 * be reached keeps nobody from going on.
 */
async function takePublishedAway(
  workbench: Workbench,
  card: InstanceCard,
  registry: Registry,
): Promise<{ remains: string[]; goesOn: boolean }> {
  try {
    const reached = await reachPlace(workbench, card);
    if (reached === null) return { remains: [], goesOn: false };
    const { place } = reached;
    await refuseWhileHeld(workbench, card.name, reached);
    if (await isAllHere(workbench, card.uid, reached, registry))
      return { remains: await place.remove(), goesOn: false };
    const snapshot = `${place.root}/.lamindb/${SNAPSHOT_NAME}`;
    return { remains: [`${snapshot} (it has changes that were made on another computer)`], goesOn: true };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'refused') throw error;
    const snapshot = `${card.published_at ?? card.storage}/.lamindb/${SNAPSHOT_NAME}`;
    return { remains: [`${snapshot} (${error.message})`], goesOn: false };
  }
}

/** Before anything is done. Where its place can't be asked nobody is kept from going on. */
async function refuseWhileHeldAnywhere(workbench: Workbench, card: InstanceCard): Promise<void> {
  try {
    const reached = await reachPlace(workbench, card);
    if (reached !== null) await refuseWhileHeld(workbench, card.name, reached);
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'refused') throw error;
  }
}

/** Whatever a person forces here: somebody works in it there. Whoever was not heard of for long is gone. */
async function refuseWhileHeld(
  { workstationUid }: Workbench,
  name: string,
  { place, state }: ReachedPlace,
): Promise<void> {
  const holder = state?.holder ?? null;
  if (holder === null || holder.workstation_uid === workstationUid) return;
  if (((await place.ageOfState()) ?? 0) >= GONE_AFTER) return;
  throw new BenchkeepError(
    'refused',
    `The instance ${name} is open on another computer: ${holderInWords(holder)}`,
    `Close it there first. If that computer is gone, try again in ${String(GONE_AFTER / 60_000)} minutes.`,
  );
}

/** Of the changes in what is published, and where nothing is. */
async function isAllHere(
  { fs, home, registryWork }: Workbench,
  uid: string,
  { place, state }: ReachedPlace,
  { sqlite }: Registry,
): Promise<boolean> {
  const there = await place.lookAtSnapshot();
  if (there === null) return true;
  if (state?.published?.tag === there.tag) return goesOnFrom(sqlite, state.published.head);
  const folder = instanceFolder(home, uid);
  try {
    return goesOnFrom(sqlite, (await fetchPublished({ fs, registryWork, place, folder, uid }, there.tag)).head);
  } finally {
    await fs.removeOwnFile(fetchedPath(folder));
  }
}

async function refuseData({ db }: Registry, name: string): Promise<void> {
  const managed = db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .where('storage.managed', '=', 1);
  const { n } = await managed.select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  if (n === 0) return;
  const first = await managed.select(['storage.root', 'copy.path']).orderBy('copy.id').limit(MOST_LISTED).execute();
  const paths = first.map(({ root, path }) => `${root}/${rawToDisplay(rawFromBytes(path))}`);
  const more = n > paths.length ? `, and ${String(n - paths.length)} more` : '';
  throw new BenchkeepError(
    'instance_has_data',
    `The instance ${name} has ${n === 1 ? '1 file' : `${String(n)} files`} in storages that it manages: ${paths.join(', ')}${more}`,
    'Delete them first, or give --force: then only the registry is removed and the files stay where they are.',
    { details: { count: n, paths } },
  );
}

/** Its root; with the reason where the mark had to stay: a bucket that can't be reached keeps nobody from going on. */
async function takeObjectMarkerAway(stores: Stores, storage: StorageRow): Promise<string> {
  try {
    const store = await storeOf({ stores }, storage);
    if ((await readObjectMarker(store))?.uid === storage.uid) await removeObjectMarker(store);
    return storage.root;
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    return `${storage.root} (its mark stays there: ${error.message})`;
  }
}

/** Roots of managed storages that are still there. Storages of other computers keep their marks: they can't be reached. */
async function takeMarkersAway({ fs, stores, workstationUid }: Workbench, storages: StorageRow[]): Promise<string[]> {
  const remains: string[] = [];
  for (const storage of storages) {
    if (storage.type !== 'local') {
      remains.push(await takeObjectMarkerAway(stores, storage));
      continue;
    }
    if (storage.root_path === null || storage.workstation_uid !== workstationUid) {
      remains.push(storage.root);
      continue;
    }
    const root = localRoot(storage);
    if ((await fs.look(root)) === null) continue;
    if ((await readMarker(fs, root))?.uid === storage.uid) await removeMarker(fs, root);
    remains.push(storage.root);
  }
  return remains;
}
