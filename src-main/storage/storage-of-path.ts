/** Which storage a file lies in. */
import { rawFromBytes, relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { StorageContext } from './storage-context.ts';

/** `absolute` has its links resolved. Of nested roots the deepest owns it; null outside of every local storage here. */
export async function storageOfPath(
  context: Pick<StorageContext, 'registry' | 'workstationUid'>,
  absolute: RawPath,
): Promise<{ storage: StorageRow; relative: RawPath } | null> {
  const rows = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', context.workstationUid)
    .where('root_path', 'is not', null)
    .execute();
  let deepest: { storage: StorageRow; relative: RawPath } | null = null;
  for (const storage of rows) {
    if (storage.root_path === null) continue;
    const relative = relativeRaw(rawFromBytes(storage.root_path), absolute);
    if (relative !== null && (deepest === null || relative.length < deepest.relative.length))
      deepest = { storage, relative };
  }
  return deepest;
}
