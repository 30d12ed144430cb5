/**
 * After a data folder was lost: which local storages of the registry are this computer's. One is, where the workstation
 * that it belongs to was a data folder of this very computer that is not there any more, and its folder is found as it was.
 */
import { hostname } from 'node:os';
import { BenchkeepError } from '../../../shared/errors.ts';
import { rawFromBytes, rawFromText, joinRaw } from '../../ports/fs/raw-path.ts';
import type { StorageRow } from '../../registry/schema.ts';
import { writeRegistry } from '../../registry/change-log.ts';
import { localRoot, readMarker, rememberRoot, type PlaceState } from '../../storage/index.ts';
import { matchInventory } from '../match-inventory.ts';
import { instanceFolder, readCard } from '../instance-card.ts';
import type { InstanceContext } from '../instance-context.ts';
import { changeMemory, readMemory } from './published-memory.ts';

type ClaimContext = Pick<
  InstanceContext,
  'home' | 'instanceUid' | 'workstationUid' | 'registry' | 'workstation' | 'fs' | 'clock' | 'author' | 'onCommitted'
>;

/** Copies that are looked for in a linked folder, and how many of them have to be there. */
const LOOKED_FOR = 64;
const ENOUGH = 3;

/**
 * When an instance that was made from its published registry is opened for writing: until the record of the place could be
 * read and each storage that may be this computer's was found, or is known not to be.
 */
export async function claimLostStorages(
  context: ClaimContext & Pick<InstanceContext, 'folder'>,
  { state }: { state: PlaceState | null },
): Promise<void> {
  if (!(await readMemory(context.fs, context.folder)).claim) return;
  if (state !== null && (await claimStorages(context, state)))
    await changeMemory(context.fs, context.folder, { claim: false });
}

/** Nothing is written where there is none. False where a storage is away now, on a drive that is not connected. */
async function claimStorages(context: ClaimContext, state: PlaceState): Promise<boolean> {
  const storages = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('type', '=', 'local')
    .where('root_path', 'is not', null)
    .where('workstation_uid', '!=', context.workstationUid)
    .execute();
  const claimed: StorageRow[] = [];
  let isWhole = true;
  for (const storage of storages) {
    if (!(await isLostHere(context, storage, state))) continue;
    const found = await isFound(context, storage).catch((error: unknown) => {
      // A share that hangs or refuses is away, too.
      if (error instanceof BenchkeepError) return null;
      throw error;
    });
    if (found === true) claimed.push(storage);
    if (found === null) isWhole = false;
  }
  if (claimed.length === 0) return isWhole;
  await writeRegistry(context, await context.author(), 'connect', async (write) => {
    write.note = 'The data folder of this computer was lost; its storages were found where they were.';
    for (const { id } of claimed)
      await write.update('storage', id, { workstation_uid: context.workstationUid, updated_at: write.now });
  });
  for (const storage of claimed) await rememberRoot(context, storage);
  await matchInventory(context);
  return isWhole;
}

async function isLostHere(context: ClaimContext, storage: StorageRow, state: PlaceState): Promise<boolean> {
  const was = state.workstations[storage.workstation_uid ?? ''];
  if (was === undefined || was.host !== hostname()) return false;
  const card = await readCard(context.fs, instanceFolder(rawFromText(was.home), context.instanceUid));
  return card === null || card.workstation_uid !== storage.workstation_uid;
}

/** Null where it is not there now: a drive that is not connected also leaves a folder in its place. */
async function isFound({ fs, registry, instanceUid }: ClaimContext, storage: StorageRow): Promise<boolean | null> {
  const root = localRoot(storage);
  if ((await fs.look(root))?.kind !== 'folder') return null;
  if (storage.managed === 1) {
    const marker = await readMarker(fs, root);
    return marker === null ? null : marker.uid === storage.uid && marker.instanceUid === instanceUid;
  }
  const copies = await registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['copy.path', 'artifact.size'])
    .where('copy.storage_id', '=', storage.id)
    .where('artifact.n_files', 'is', null)
    .orderBy('copy.id', 'desc')
    .limit(LOOKED_FOR)
    .execute();
  let found = 0;
  for (const { path, size } of copies) if ((await fs.look(joinRaw(root, rawFromBytes(path))))?.size === size) found++;
  if (found === 0) return copies.length === 0 ? false : null;
  return found >= Math.min(ENOUGH, Math.ceil(copies.length / 2));
}
