/** Takes back that a file is left alone: it is looked at again. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { findStorage } from '../storage/index.ts';
import { awaitInboxRow } from '../workstation/inbox-actions.ts';
import { IGNORED_BY_PERSON } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { inboxItem } from './inbox-item.ts';
import { REASONS } from './inbox.ts';

/** Returns the uid of the storage. Errors: `not_found`; `refused` where nobody ignored it. */
export async function unignoreFile(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'onWatching'>,
  input: { storage: string; path: string },
): Promise<{ storage: string }> {
  const storage = await findStorage(context.registry.db, input.storage);
  const row = await inboxItem(context.workstation, storage.uid, input.path);
  if (row.cause !== IGNORED_BY_PERSON)
    throw new BenchkeepError('refused', `${input.path} is not ignored by you`, 'See what is: benchkeep inbox.');
  const now = timestamp(context.clock);
  await writeWorkstation(context.workstation, (tx) => awaitInboxRow(tx, row.id, REASONS.settling, now));
  context.onWatching('inbox');
  return { storage: storage.uid };
}
