/** Which storages are watched here, and how they look when nothing watches. */
import type { WatchedFolder } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { inboxCounts } from './inbox.ts';
import { countGone } from './note-gone.ts';
import type { FolderWatch } from './watch-folder.ts';

type FoldersContext = Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid'>;

/** Local storages of this workstation whose files are registered as they arrive. */
export async function watchedStorages(
  context: Pick<FoldersContext, 'registry' | 'workstationUid'>,
): Promise<StorageRow[]> {
  return context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('watch', '=', 1)
    .where('type', '=', 'local')
    .where('workstation_uid', '=', context.workstationUid)
    .orderBy('id')
    .execute();
}

/** The watched folders where no engine watches them. */
export async function foldersAtRest(context: FoldersContext): Promise<WatchedFolder[]> {
  const storages = await watchedStorages(context);
  const roots = await context.workstation.db.selectFrom('root').selectAll().execute();
  return Promise.all(
    storages.map((storage) => {
      const root = roots.find(({ storage_uid }) => storage_uid === storage.uid);
      const offline = root?.attached === 0;
      return describeFolder(context, storage, {
        health: offline ? 'offline' : 'stopped',
        health_reason: offline
          ? root.reason
          : 'Nothing is watching now. Open Benchkeep, or look once: benchkeep watch --once.',
        checked_at: root?.checked_at ?? null,
        n_skipped: 0,
        n_new: 0,
        scan: null,
      });
    }),
  );
}

export async function describeFolder(
  context: FoldersContext,
  storage: StorageRow,
  health: ReturnType<FolderWatch['health']>,
): Promise<WatchedFolder> {
  const counts = await inboxCounts(context.workstation, storage.uid);
  const gone = await countGone(context.workstation, storage.uid);
  const kept = await context.registry.db
    .selectFrom('facet_count')
    .select('n')
    .where('facet', '=', 'storage')
    .where('value', '=', String(storage.id))
    .executeTakeFirst();
  return {
    storage: storage.uid,
    root: storage.root,
    description: storage.description,
    managed: storage.managed === 1,
    n_artifacts: kept?.n ?? 0,
    n_waiting: counts.waiting,
    n_failed: counts.failed,
    n_gone: gone,
    ...health,
    health_reason: health.health_reason ?? goneReason(gone),
  };
}

function goneReason(n: number): string | null {
  if (n === 0) return null;
  const what = n === 1 ? '1 file is not where it was' : `${String(n)} files are not where they were`;
  return `${what}. Nothing was removed from the registry; put back what was moved away by mistake.`;
}
