/** A person's word on files that are gone at once, and on a folder that is another or empty now. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { checkRoot, findStorage, localRoot, rememberRoot } from '../storage/index.ts';
import { markAllGone } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { decideGone } from './decide-gone.ts';

/**
 * `lost`: what is not found is missing from now on, and the folder as it is now is the right one. Otherwise nothing is
 * changed; the caller looks again. Errors: `refused` where the storage's marker is not there, `offline`.
 */
export async function confirmLoss(
  context: InstanceContext,
  input: { storage: string; lost: boolean },
): Promise<{ storage: string }> {
  const storage = await findStorage(context.registry.db, input.storage);
  if (!input.lost) return { storage: storage.uid };
  const state = await checkRoot(context, storage);
  if (!state.attached) {
    const facts = await context.fs.look(localRoot(storage));
    // A managed storage is told by its marker, which nobody's word replaces.
    if (facts?.kind !== 'folder' || storage.managed === 1)
      throw new BenchkeepError('offline', state.reason, 'Connect it first.', { retry: true });
    // Until something of it is found again, nothing is known of this folder: then any folder is the one.
    await writeWorkstation(context.workstation, (tx) => markAllGone(tx, storage.uid, timestamp(context.clock)));
    await rememberRoot(context, storage);
  }
  await decideGone(context, storage, true);
  return { storage: storage.uid };
}
