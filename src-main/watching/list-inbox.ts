/** What the watcher waits for or could not register, and why. */
import type { InboxItem } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToDisplay } from '../ports/fs/raw-path.ts';
import { findStorage } from '../storage/index.ts';
import { inboxCounts } from './inbox.ts';

export interface InboxPage {
  items: InboxItem[];
  waiting: number;
  failed: number;
  ignored: number;
}

/** Failed first, then what waits longest. `storage` of an item is the uid. */
export async function listInbox(
  context: Pick<InstanceContext, 'registry' | 'workstation'>,
  input: { storage?: string | null | undefined; limit: number },
): Promise<InboxPage> {
  const storage = input.storage ?? null;
  const uid = storage === null ? undefined : (await findStorage(context.registry.db, storage)).uid;
  const rows = await context.workstation.db
    .selectFrom('inbox')
    .selectAll()
    .$if(uid !== undefined, (query) => query.where('storage_uid', '=', uid ?? ''))
    .orderBy('state')
    .orderBy('since')
    .limit(input.limit)
    .execute();
  const storages = await context.registry.db.selectFrom('storage').select(['uid', 'root']).execute();
  const roots = new Map(storages.map((storage) => [storage.uid, rawFromText(storage.root)]));
  return {
    items: rows.map((row) => ({
      path: rawToDisplay(joinRaw(roots.get(row.storage_uid) ?? rawFromText(''), rawFromBytes(row.path))),
      storage: row.storage_uid,
      state: row.state,
      reason: row.reason,
      since: row.since,
      next: row.next,
    })),
    ...(await inboxCounts(context.workstation, uid)),
  };
}
