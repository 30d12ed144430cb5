/**
 * Clears what a crash left in managed storages: only names that this program gives to files on their way, at once,
 * because nothing under such a name was ever confirmed to anybody. A whole `<uid><suffix>` without a record stays: its
 * source was only read, so nothing is lost, but bytes are never removed on the guess that nobody needs them.
 */
import type { InstanceContext } from '../instance/index.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { checkRoot, localRoot } from '../storage/index.ts';

/** Called when the instance is opened, before anything is saved. A storage that is away is left for the next time. */
export async function sweepOrphans(context: InstanceContext): Promise<void> {
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
      await sweepFolder(context, joinRaw(localRoot(storage), rawFromText('.lamindb')));
  }
}

async function sweepFolder({ fs }: InstanceContext, folder: RawPath): Promise<void> {
  if ((await fs.look(folder)) === null) return;
  for (const { name, kind } of await fs.readFolder(folder)) {
    if (!name.startsWith(TEMPORARY_PREFIX) || !name.endsWith('.tmp')) continue;
    if (kind === 'folder') await fs.removeTemporaryFolder(joinRaw(folder, name));
    else if (kind === 'file') await fs.removeOwnFile(joinRaw(folder, name));
  }
}
