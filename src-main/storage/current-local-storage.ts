/** The storage of this computer that saves go to while artifacts are kept local. */
import type { StorageRow } from '../registry/schema.ts';
import type { StorageReadContext } from './storage-context.ts';

/** Name in the workstation's settings; the value is a uid. */
export const LOCAL_STORAGE_SETTING = 'local_storage';

/** The chosen one, else the first managed one of this computer; null where it has none. */
export async function currentLocalStorage(context: StorageReadContext): Promise<StorageRow | null> {
  const setting = await context.workstation
    .selectFrom('setting')
    .select('value')
    .where('name', '=', LOCAL_STORAGE_SETTING)
    .executeTakeFirst();
  const candidates = await context.registry
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', context.workstationUid)
    .where('type', '=', 'local')
    .where('managed', '=', 1)
    .orderBy('id')
    .execute();
  const chosen = setting === undefined ? undefined : (JSON.parse(setting.value) as string);
  return candidates.find(({ uid }) => uid === chosen) ?? candidates[0] ?? null;
}
