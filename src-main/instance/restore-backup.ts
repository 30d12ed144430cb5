/** Puts a backup in the place of the registry. What it does not know is found again by looking at the watched folders. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { findInstance } from './find-instance.ts';
import { instanceFolder } from './instance-card.ts';
import { listBackups } from './list-backups.ts';
import { putPublishedAway } from './publishing/put-published-away.ts';
import { whileOwning } from './own-instance.ts';
import { finishSwap, swapRegistry } from './swap-registry.ts';
import type { Workbench } from './workbench.ts';

export interface RestoreInput {
  /** Name of the instance; it must not be open. */
  name: string;
  /** Of a backup. */
  id: string;
}

/** Errors: `not_found`, `registry_corrupt` (the backup is damaged), `disk_full`, `locked`. */
export async function restoreBackup(workbench: Workbench, input: RestoreInput): Promise<{ id: string; aside: string }> {
  const { home, fs, clock } = workbench;
  const card = await findInstance(workbench, input.name);
  const folder = instanceFolder(home, card.uid);
  const { uid } = card;
  return whileOwning(workbench, card, folder, async () => {
    await finishSwap(fs, folder);
    const backup = (await listBackups(fs, { folder, uid, now: clock.now() })).find(({ id }) => id === input.id);
    if (backup === undefined) {
      throw new BenchkeepError(
        'not_found',
        `There is no backup "${input.id}"`,
        'See them with: benchkeep backup list. Nothing was changed.',
      );
    }
    if (!backup.record.good) {
      throw new BenchkeepError(
        'registry_corrupt',
        `The backup ${backup.id} can't be restored: ${backup.record.reason ?? ''}`,
        'Nothing was changed. Choose another one: benchkeep backup list',
      );
    }
    await backupBefore(workbench, folder, uid);
    // The person wants that history, not the one that is published: it may be replaced. Said before it is done: what
    // is published goes on from the backup and would be fetched over it. Where it is not done, nothing is put away.
    await putPublishedAway(workbench, card);
    const aside = await swapRegistry(workbench, { folder, uid, from: backup.path, now: clock.now() });
    return { id: backup.id, aside: rawToDisplay(aside) };
  });
}

/** So that the restoring itself can be taken back. Where the registry is damaged or gone there is nothing to keep but its files. */
async function backupBefore(workbench: Workbench, folder: RawPath, uid: string): Promise<void> {
  try {
    await workbench.registryWork.makeBackup({ folder, uid, kind: 'before restore', now: workbench.clock.now() });
  } catch (error) {
    const isDamaged =
      error instanceof BenchkeepError &&
      ['registry_corrupt', 'registry_foreign', 'registry_read_only', 'io_error'].includes(error.code);
    if (!isDamaged) throw error;
  }
}
