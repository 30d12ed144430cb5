/**
 * Clears what a crash left in managed storages: only names that this program gives to files on their way, at once,
 * because nothing under such a name was ever confirmed to anybody. A whole `<uid><suffix>` without a record stays: it may
 * be the content of records that a restored backup doesn't know any more (I2: no bytes are lost), it is complete, and no
 * record shows it (I9: nothing partial is seen).
 */
import type { InstanceContext } from '../instance/index.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { manifestFolder } from '../storage/folder-manifest.ts';
import { arrivingOf } from './pending-replacements.ts';
import { cacheFolder } from '../transfers/index.ts';
import { checkRoot, localRoot, ownFolderOf } from '../storage/index.ts';

/** Called when the instance is opened, before anything is saved. A storage that is away is left for the next time. */
export async function sweepOrphans(context: InstanceContext): Promise<void> {
  for (const own of [manifestFolder(context), cacheFolder(context)]) await sweepFolder(context, own, new Set());
  const storages = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('managed', '=', 1)
    .where('type', '=', 'local')
    .where('workstation_uid', '=', context.workstationUid)
    .where('instance_uid', '=', context.instanceUid)
    .execute();
  for (const storage of storages) {
    if ((await checkRoot(context, storage)).attached)
      await sweepFolder(context, ownFolderOf(localRoot(storage)), await arrivingOf(context, storage));
  }
}

async function sweepFolder({ fs }: InstanceContext, folder: RawPath, keep: ReadonlySet<RawPath>): Promise<void> {
  // Not there yet, or on a disk that is read-only now: the next time.
  if (!(await canWrite(folder))) return;
  for (const { name, kind } of await fs.readFolder(folder)) {
    if (!name.startsWith(TEMPORARY_PREFIX) || !name.endsWith('.tmp') || keep.has(joinRaw(folder, name))) continue;
    if (kind === 'folder') await fs.removeTemporaryFolder(joinRaw(folder, name));
    else if (kind === 'file') await fs.removeOwnFile(joinRaw(folder, name));
  }
}
