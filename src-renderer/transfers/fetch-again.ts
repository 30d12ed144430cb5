/**
 * Downloads that broke off. No queue runs them: they go on when somebody asks for the content again, with what came.
 */
import type { TransferRecord } from '../../shared/contract/index.ts';
import type { AppContext } from '../shell/app-context.ts';
import { cachePlan } from './content-plans.ts';

/** What its button says: it failed, or nobody waited for it any more; null where there is nothing to ask for again. */
export function fetchAction({
  direction,
  left,
  error,
}: Pick<TransferRecord, 'direction' | 'left' | 'error'>): 'retry' | 'resume' | null {
  if (direction !== 'download' || !left) return null;
  return error === null ? 'resume' : 'retry';
}

/**
 * What this window asked for is asked for once more, be it to bring the content back; else a copy for the cache. What
 * was over before this download began is another matter: somebody else asked for this one.
 */
export async function fetchAgain(
  { jobs, client }: Pick<AppContext, 'jobs' | 'client'>,
  { uid, created_at: since }: Pick<TransferRecord, 'uid' | 'created_at'>,
): Promise<void> {
  if (jobs.isFetching(uid)) return;
  const before = jobs.brokenOff(uid, Date.parse(since));
  await (before === undefined ? jobs.run(cachePlan(client, uid)) : jobs.again(before.id));
}

/** One after the other; each only if it is still broken off when its turn comes: one job may have brought several. */
export async function fetchAllAgain(app: Pick<AppContext, 'jobs' | 'client'>, uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const { items } = await app.client.transfers.list({ over: 0, most: 0, artifacts: [uid] });
    const brokenOff = items.find((transfer) => fetchAction(transfer) === 'retry');
    if (brokenOff !== undefined) await fetchAgain(app, brokenOff);
  }
}
