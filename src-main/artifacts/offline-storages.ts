/** Which storages can't be reached from this computer now, and why in plain words. Computed, never stored. */
import type { StorageRow } from '../registry/schema.ts';
import type { ReadContext } from './read-context.ts';

/** By storage id. Only local storages can be offline. */
export async function offlineStorages(context: ReadContext): Promise<Map<number, string>> {
  const storages = await context.registry
    .selectFrom('storage')
    .select(['id', 'uid', 'root', 'region', 'workstation_uid'])
    .where('type', '=', 'local')
    .execute();
  const roots = await context.workstation
    .selectFrom('root')
    .select(['storage_uid', 'reason'])
    .where('attached', '=', 0)
    .execute();
  const detached = new Map(roots.map(({ storage_uid: uid, reason }) => [uid, reason]));
  const offline = new Map<number, string>();
  for (const storage of storages) {
    if (storage.workstation_uid !== context.workstationUid) offline.set(storage.id, elsewhere(storage));
    else if (detached.has(storage.uid))
      offline.set(storage.id, detached.get(storage.uid) ?? `${storage.root} is not connected`);
  }
  return offline;
}

function elsewhere({ region, root }: Pick<StorageRow, 'region' | 'root'>): string {
  return region === null ? `${root} belongs to another computer` : `${root} belongs to another computer (${region})`;
}
