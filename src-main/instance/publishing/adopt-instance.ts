/**
 * Makes an instance's folder on this computer from its published registry: on a second computer, or where the whole data
 * folder was lost. Built under a name that nobody takes for an instance and renamed when it is whole.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import { closeToOthers, removeUnfinishedFolder, renameOwnFolder } from '../../ports/fs/own-folder.ts';
import { rawFromText, rawToDisplay } from '../../ports/fs/raw-path.ts';
import { closeRegistry, openRegistry } from '../../registry/open-registry.ts';
import {
  parseCloudRoot,
  readMarker,
  readObjectMarker,
  writeChosen,
  storeOptions,
  type CloudRoot,
  type StoreOptions,
} from '../../storage/index.ts';
import { openWorkstation } from '../../workstation/open-workstation.ts';
import { backupsFolder } from '../backup-file.ts';
import { writeHead } from '../head-file.ts';
import {
  instanceFolder,
  listCards,
  registryPath,
  workstationPath,
  writeCard,
  type InstanceCard,
} from '../instance-card.ts';
import { nameFromFolder } from '../instance-name.ts';
import { unfinishedFolder, whileSettingUp } from '../unfinished.ts';
import type { Workbench } from '../workbench.ts';
import { changeMemory } from './published-memory.ts';
import { followMoves } from './reach-place.ts';
import { fetchPublished } from './read-history.ts';

/**
 * Null where nothing is published at `root`, or that instance is on this computer already. Errors: `registry_corrupt`,
 * `newer_version`, `disk_full`, those of the place.
 */
export async function adoptInstance(workbench: Workbench, root: string): Promise<InstanceCard | null> {
  const bucket = parseCloudRoot(root);
  const where = bucket ?? (await folderOf(workbench, root));
  if (where === null) return null;
  const marker =
    typeof where === 'string'
      ? await readMarker(workbench.fs, rawFromText(where))
      : await readObjectMarker(await workbench.stores.open(where));
  const uid = marker?.instanceUid ?? null;
  if (uid === null) return null;
  return whileSettingUp(workbench, async () => {
    if ((await listCards(workbench)).some((card) => card.uid === uid)) return null;
    return build(workbench, where, uid);
  });
}

async function folderOf({ fs }: Pick<Workbench, 'fs'>, root: string): Promise<string | null> {
  try {
    return rawToDisplay(await fs.realPath(rawFromText(root)));
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}

async function build(workbench: Workbench, given: string | CloudRoot, uid: string): Promise<InstanceCard | null> {
  const { fs, home, clock, registryWork } = workbench;
  const { place, root: where } = await followMoves(workbench, given, uid);
  const there = await place.lookAtSnapshot();
  if (there === null) return null;
  const folder = unfinishedFolder(home, 'got', uid);
  await removeUnfinishedFolder(folder);
  await fs.makeFolder(folder, 0o700);
  try {
    await fs.makeFolder(backupsFolder(folder), 0o700);
    const { path, head } = await fetchPublished({ fs, registryWork, place, folder, uid }, there.tag);
    await renameOwnFolder(path, registryPath(folder));
    await closeToOthers(registryPath(folder));
    const workstation = await openWorkstation(workstationPath(folder), { readonly: false });
    try {
      if (typeof given !== 'string') await writeChosen(workstation, given);
    } finally {
      await workstation.db.destroy();
    }
    await closeToOthers(workstationPath(folder));
    await writeHead(fs, folder, head);
    await changeMemory(fs, folder, {
      seen: { root: place.root, tag: there.tag, head, at: new Date(clock.now()).toISOString() },
      claim: true,
    });
    const card = await cardOf(workbench, folder, where, uid);
    await writeCard(fs, folder, card);
    await renameOwnFolder(folder, instanceFolder(home, uid));
    return card;
  } catch (error) {
    await removeUnfinishedFolder(folder);
    throw error;
  }
}

/** As the registry says, with the place as this computer reaches it, and a name that no other instance has here. */
async function cardOf(
  workbench: Workbench,
  folder: ReturnType<typeof instanceFolder>,
  where: string | CloudRoot,
  uid: string,
): Promise<InstanceCard> {
  const registry = await openRegistry(registryPath(folder), { readonly: false });
  try {
    const row = await registry.db
      .selectFrom('instance')
      .leftJoin('storage', 'storage.id', 'instance.default_storage_id')
      .select(['instance.name', 'instance.created_at', 'storage.root', 'storage.options'])
      .executeTakeFirstOrThrow();
    const taken = new Set((await listCards(workbench)).map(({ name }) => name));
    const root = typeof where === 'string' ? where : where.root;
    const reached = typeof where === 'string' ? {} : { published_options: where.options };
    const options = row.options === null ? {} : { storage_options: storeOptions.parse(JSON.parse(row.options)) };
    return {
      uid,
      name: taken.has(row.name) ? nameFromFolder(row.name, taken) : row.name,
      workstation_uid: workbench.workstationUid,
      storage: row.root ?? root,
      ...options,
      ...(row.root === root && isSame(options.storage_options, reached.published_options)
        ? {}
        : { published_at: root, ...reached }),
      created_at: row.created_at,
    };
  } finally {
    await closeRegistry(registry);
  }
}

/** A computer may reach the same bucket by another name of its server, with another profile. */
function isSame(one: StoreOptions = {}, other: StoreOptions = {}): boolean {
  const given = (options: StoreOptions): string =>
    JSON.stringify(storeOptions.parse({ ...options, conditions: undefined }));
  return given(one) === given(other);
}
