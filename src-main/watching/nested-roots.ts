/** Roots of other storages below and around a root: the deepest storage owns new files, what is registered stays where it is. */
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes, relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import type { ScanRequest } from './scanner.ts';

/** Of local storages of this workstation. */
export async function nestedRoots(
  context: Pick<InstanceContext, 'registry' | 'workstationUid'>,
  storage: StorageRow,
): Promise<Pick<ScanRequest, 'nestedRoots' | 'outerStorages'>> {
  const rows = await context.registry.db
    .selectFrom('storage')
    .select(['uid', 'root_path'])
    .where('workstation_uid', '=', context.workstationUid)
    .where('id', '!=', storage.id)
    .execute();
  const root = localRoot(storage);
  const nested: RawPath[] = [];
  const outer: ScanRequest['outerStorages'] = [];
  for (const { uid, root_path } of rows) {
    if (root_path === null) continue;
    const other = rawFromBytes(root_path);
    const below = relativeRaw(root, other);
    const prefix = relativeRaw(other, root);
    if (below !== null && below !== '') nested.push(below);
    else if (prefix !== null && prefix !== '') outer.push({ storageUid: uid, prefix });
  }
  return { nestedRoots: nested, outerStorages: outer };
}
