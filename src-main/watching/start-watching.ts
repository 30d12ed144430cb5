/** Watches every watched storage of this workstation, and follows when storages are added, changed or removed. */
import type { WatchedFolder } from '../../shared/contract/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { watchFolder, type FolderWatch, type WatchFolderContext } from './watch-folder.ts';
import { describeFolder, watchedStorages } from './watched-storages.ts';

export interface Watching {
  /** Reads the storages again: after any change of them. */
  refresh(): Promise<void>;
  /** Looks at one folder or all now; resolves when the passes are done. */
  look(storageUid?: string): Promise<void>;
  /** Looks now at what is due in the inbox of a folder. */
  wake(storageUid: string): void;
  folders(): Promise<WatchedFolder[]>;
  close(): Promise<void>;
}

export async function startWatching(context: WatchFolderContext): Promise<Watching> {
  const watches = new Map<string, { watch: FolderWatch; storage: StorageRow }>();
  let refreshing: Promise<void> = Promise.resolve();
  let closed = false;

  async function refresh(): Promise<void> {
    const rows = closed ? [] : await watchedStorages(context);
    const over = [...watches].filter(
      ([uid, { storage }]) => !rows.some((row) => row.uid === uid && isWatchedAlike(row, storage)),
    );
    for (const [uid] of over) watches.delete(uid);
    await Promise.all(over.map(([, { watch }]) => watch.close()));
    for (const storage of rows) {
      const watched = watches.get(storage.uid);
      if (watched === undefined) watches.set(storage.uid, { watch: watchFolder(context, storage), storage });
      else watched.storage = storage;
    }
    if (!closed) context.onWatching('folders');
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
    wake(storageUid) {
      watches.get(storageUid)?.watch.wake();
    },
    async folders() {
      return Promise.all(
        [...watches.values()].map(({ watch, storage }) => describeFolder(context, storage, watch.health())),
      );
    },
    async close() {
      closed = true;
      await api.refresh();
    },
  };
  await api.refresh();
  return api;
}

/** False where the watch has to begin anew. */
function isWatchedAlike(a: StorageRow, b: StorageRow): boolean {
  return (
    a.root === b.root && a.watch_rule === b.watch_rule && a.managed === b.managed && a.created_by_id === b.created_by_id
  );
}
