/** Roots of other storages below a root: the deepest storage owns its files. */
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes, relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';

/** Absolute, of local storages of this workstation. */
export async function nestedRoots(
  context: Pick<InstanceContext, 'registry' | 'workstationUid'>,
  storage: StorageRow,
): Promise<RawPath[]> {
  const rows = await context.registry.db
    .selectFrom('storage')
    .select(['root_path'])
    .where('workstation_uid', '=', context.workstationUid)
    .where('id', '!=', storage.id)
    .execute();
  const root = localRoot(storage);
  return rows
    .flatMap(({ root_path }) => (root_path === null ? [] : [rawFromBytes(root_path)]))
    .filter((other) => other !== root && relativeRaw(root, other) !== null);
}
