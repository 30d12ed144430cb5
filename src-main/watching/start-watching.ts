/** Watches every watched storage of this workstation, and follows when storages are added, changed or removed. */
import type { WatchedFolder } from '../../shared/contract/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { inboxCounts } from './inbox.ts';
import { watchFolder, type FolderWatch, type WatchFolderContext } from './watch-folder.ts';

export interface Watching {
  /** Reads the storages again: after any change of them. */
  refresh(): Promise<void>;
  /** Looks at one folder or all now; resolves when the passes are done. */
  look(storageUid?: string): Promise<void>;
  folders(): Promise<WatchedFolder[]>;
  close(): Promise<void>;
}

export async function startWatching(context: WatchFolderContext): Promise<Watching> {
  const watches = new Map<string, { watch: FolderWatch; storage: StorageRow }>();
  let refreshing: Promise<void> = Promise.resolve();
  let closed = false;

  async function refresh(): Promise<void> {
    const rows = closed ? [] : await watchedStorages(context);
    for (const [uid, { watch, storage }] of watches) {
      const row = rows.find((candidate) => candidate.uid === uid);
      if (row !== undefined && row.watch_rule === storage.watch_rule && row.root === storage.root) continue;
      watches.delete(uid);
      await watch.close();
    }
    for (const storage of rows) {
      if (!watches.has(storage.uid)) watches.set(storage.uid, { watch: watchFolder(context, storage), storage });
    }
    context.onWatching('folders');
  }

  const api: Watching = {
    refresh() {
      refreshing = refreshing.then(refresh, refresh);
      return refreshing;
    },
    async look(storageUid) {
      const chosen = [...watches].filter(([uid]) => storageUid === undefined || uid === storageUid);
      await Promise.all(chosen.map(([, { watch }]) => watch.look()));
    },
    async folders() {
      return Promise.all([...watches.values()].map(({ watch, storage }) => describeFolder(context, storage, watch)));
    },
    async close() {
      closed = true;
      await api.refresh();
    },
  };
  await api.refresh();
  return api;
}

/** Local storages of this workstation whose files are registered as they arrive. */
export async function watchedStorages(context: Pick<WatchFolderContext, 'registry' | 'workstationUid'>): Promise<StorageRow[]> {
  return context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('watch', '=', 1)
    .where('type', '=', 'local')
    .where('workstation_uid', '=', context.workstationUid)
    .orderBy('id')
    .execute();
}

/** Watched folders while nobody watches them: for the command line between two runs. */
export async function foldersAtRest(context: Pick<WatchFolderContext, 'registry' | 'workstation' | 'workstationUid'>): Promise<WatchedFolder[]> {
  const health = { health: 'stopped', health_reason: null, checked_at: null, n_skipped: 0, n_new: 0, scan: null } as const;
  const storages = await watchedStorages(context);
  return Promise.all(storages.map((storage) => describeFolder(context, storage, { health: () => health })));
}

async function describeFolder(
  context: Pick<WatchFolderContext, 'registry' | 'workstation'>,
  storage: StorageRow,
  watch: Pick<FolderWatch, 'health'>,
): Promise<WatchedFolder> {
  const counts = await inboxCounts(context.workstation, storage.uid);
  const kept = await context.registry.db
    .selectFrom('facet_count')
    .select('n')
    .where('facet', '=', 'storage')
    .where('value', '=', storage.uid)
    .executeTakeFirst();
  return {
    storage: storage.uid,
    root: storage.root,
    description: storage.description,
    managed: storage.managed === 1,
    n_artifacts: kept?.n ?? 0,
    n_waiting: counts.waiting,
    n_failed: counts.failed,
    ...watch.health(),
  };
}
