/** What the watcher waits for or could not register, and why. */
import type { InboxItem } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { findStorage } from '../storage/index.ts';
import { DAMAGED, EDITED, IGNORED_BY_PERSON, LAST_COPY } from '../workstation/inbox-rows.ts';
import type { InboxRow } from '../workstation/schema.ts';
import { inboxCounts } from './inbox.ts';
import { suchNames } from './such-names.ts';

export interface InboxPage {
  items: InboxItem[];
  waiting: number;
  failed: number;
  ignored: number;
}

/** What failed comes first, then what waits, each the longest first; what is left out at the end. `storage` of an item is the uid. */
export async function listInbox(
  context: Pick<InstanceContext, 'registry' | 'workstation'>,
  input: { storage?: string | null | undefined; limit: number },
): Promise<InboxPage> {
  const storage = input.storage ?? null;
  const uid = storage === null ? undefined : (await findStorage(context.registry.db, storage)).uid;
  const rows: InboxRow[] = [];
  for (const state of ['failed', 'waiting', 'ignored'] as const) {
    const more = await context.workstation.db
      .selectFrom('inbox')
      .selectAll()
      .where('state', '=', state)
      .$if(uid !== undefined, (query) => query.where('storage_uid', '=', uid ?? ''))
      .orderBy('since')
      .limit(input.limit - rows.length)
      .execute();
    rows.push(...more);
    if (rows.length >= input.limit) break;
  }
  const storages = await context.registry.db.selectFrom('storage').select(['uid', 'root']).execute();
  const roots = new Map(storages.map((storage) => [storage.uid, rawFromText(storage.root)]));
  return {
    items: rows.map((row) => ({
      path: rawToDisplay(pathOf(row, roots.get(row.storage_uid) ?? rawFromText(''))),
      storage: row.storage_uid,
      state: row.state,
      reason: row.reason,
      since: row.since,
      next: row.next,
      relative: rawToDisplay(rawFromBytes(row.path)),
      ...choicesOf(row),
    })),
    ...(await inboxCounts(context.workstation, uid)),
  };
}

/** Of work that was done in the cache it is absolute, also when a person said to leave it alone. */
function pathOf({ path, cause }: InboxRow, root: RawPath): RawPath {
  return cause === EDITED || isAbsolute(path) ? rawFromBytes(path) : joinRaw(root, rawFromBytes(path));
}

/** Of work that was done in the cache: no look at a storage would find it. */
function isAbsolute(path: Uint8Array): boolean {
  return path[0] === '/'.charCodeAt(0);
}

function choicesOf({ state, cause, path }: InboxRow): Pick<InboxItem, 'can' | 'pattern'> {
  if (cause === DAMAGED) return { can: ['retry'], pattern: null };
  if (cause === EDITED || cause === LAST_COPY) return { can: ['ignore'], pattern: null };
  if (cause === IGNORED_BY_PERSON) return { can: isAbsolute(path) ? [] : ['unignore'], pattern: null };
  // A link or a device: nothing would be read in it anyway.
  if (state === 'ignored') return { can: [], pattern: null };
  const pattern = suchNames(rawFromBytes(path));
  return { can: state === 'failed' ? ['retry', 'ignore', 'ignore names'] : ['ignore', 'ignore names'], pattern };
}
