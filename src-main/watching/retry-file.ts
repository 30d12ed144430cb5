/** What failed is tried again at the next look, without waiting for its time. */
import { verifyCopies } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { findStorage } from '../storage/index.ts';
import { retryInboxRows } from '../workstation/inbox-actions.ts';
import { DAMAGED } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { inboxItem } from './inbox-item.ts';

/** What is damaged is read again before this returns. Returns the uid of the storage. Errors: `not_found`. */
export async function retryFile(
  context: InstanceContext,
  input: { storage: string; path: string | null },
): Promise<{ storage: string }> {
  const storage = await findStorage(context.registry.db, input.storage);
  const row = input.path === null ? null : await inboxItem(context.workstation, storage.uid, input.path);
  if (row?.cause === DAMAGED) {
    await verifyCopies(context, storage, [row.path]);
    return { storage: storage.uid };
  }
  const now = timestamp(context.clock);
  await writeWorkstation(context.workstation, (tx) => retryInboxRows(tx, storage.uid, row?.id ?? null, now));
  context.onWatching('inbox');
  return { storage: storage.uid };
}
