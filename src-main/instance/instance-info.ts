/** The open instance, for people. */
import type { InstanceInfo } from '../../shared/contract/index.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import { currentLocalStorage } from '../storage/index.ts';
import { getSettings } from './settings.ts';
import { currentUser } from './users.ts';
import { registryPath } from './instance-card.ts';
import type { OpenInstance } from './open-instance.ts';
import type { Workbench } from './workbench.ts';

/** `version`: of the program. */
export async function instanceInfo(
  context: Omit<OpenInstance, 'close'>,
  workbench: Pick<Workbench, 'settings'>,
  version: string,
): Promise<InstanceInfo> {
  const { db } = context.registry;
  const instance = await db
    .selectFrom('instance')
    .leftJoin('storage', 'storage.id', 'instance.default_storage_id')
    .select(['instance.name', 'instance.created_at', 'instance.keep_artifacts_local', 'storage.root'])
    .executeTakeFirstOrThrow();
  // The counts of the filter bar: each shown artifact lives in one storage.
  const artifacts = await db
    .selectFrom('facet_count')
    .select((e) => e.fn.sum<number | null>('n').as('n'))
    .where('facet', '=', 'storage')
    .executeTakeFirst();
  const storages = await db
    .selectFrom('storage')
    .select((e) => e.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  const local = await currentLocalStorage({
    registry: db,
    workstation: context.workstation.db,
    workstationUid: context.workstationUid,
  });
  const cached = await context.workstation.db
    .selectFrom('cached')
    .select((e) => [e.fn.countAll<number>().as('n'), e.fn.sum<number | null>('size').as('size')])
    .executeTakeFirstOrThrow();
  const { cache_limit: limit } = await getSettings(context);
  return {
    uid: context.instanceUid,
    name: instance.name,
    connected: workbench.settings().instance === instance.name,
    storage: instance.root ?? '',
    created_at: instance.created_at,
    home: rawToDisplay(context.home),
    registry: rawToDisplay(registryPath(context.folder)),
    user: await currentUser(context, workbench),
    keep_artifacts_local: instance.keep_artifacts_local === 1,
    local_storage: local?.root ?? null,
    n_artifacts: artifacts?.n ?? 0,
    n_storages: storages.n,
    cache: { n_files: cached.n, size: cached.size ?? 0, limit },
    version,
    read_only: context.readOnly,
    warnings: [...context.warnings],
  };
}
