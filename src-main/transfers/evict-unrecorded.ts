/** Removes what the cache has of an artifact that somebody deleted, perhaps on another computer. */
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { dropCached } from './drop-cached.ts';
import type { Evicted } from './evict-folder.ts';
import type { TransferContext } from './transfer-context.ts';

/** Only where the history says that it was deleted: a registry that was restored may not know it yet, or any more. */
export async function evictUnrecorded(context: TransferContext, row: CachedRow): Promise<Evicted> {
  const { artifact_uid: uid } = row;
  const deletion = await context.registry.db
    .selectFrom('change')
    .select('id')
    .where('uid', '=', uid)
    .where('registry', '=', 'artifact')
    .where('action', '=', 'delete')
    .limit(1)
    .executeTakeFirst();
  if (deletion === undefined) return { kind: 'kept', reason: 'no record says where else it is' };
  const done = await dropCached(context, { uid });
  switch (done.kind) {
    case 'dropped':
      return { kind: 'evicted', size: done.size };
    case 'open':
      return { kind: 'kept', reason: 'a program has it open' };
    case 'aside':
      return { kind: 'kept', reason: `it was edited here: that work is kept in ${rawToDisplay(done.path)}` };
    case 'not cached':
      return { kind: 'not cached' };
  }
}
