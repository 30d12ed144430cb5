/** Brings `instance.json` to what the registry says. */
import { storeOptions } from '../storage/index.ts';
import { writeCard, type InstanceCard } from './instance-card.ts';
import type { InstanceContext } from './instance-context.ts';

export async function refreshCard(
  context: Pick<InstanceContext, 'registry' | 'fs' | 'folder' | 'workstationUid'>,
  card: InstanceCard,
): Promise<void> {
  const row = await context.registry.db
    .selectFrom('instance')
    .leftJoin('storage', 'storage.id', 'instance.default_storage_id')
    .select(['instance.uid', 'instance.name', 'instance.created_at', 'storage.root', 'storage.options'])
    .executeTakeFirstOrThrow();
  const { uid, name, created_at } = row;
  const latest: InstanceCard = {
    uid,
    name,
    workstation_uid: context.workstationUid,
    storage: row.root ?? '',
    ...(row.options === null ? {} : { storage_options: storeOptions.parse(JSON.parse(row.options)) }),
    ...publishedAt(card, row.root),
    created_at,
  };
  if (JSON.stringify(latest) !== JSON.stringify({ ...card })) await writeCard(context.fs, context.folder, latest);
}

/** Only this computer knows it; another default storage is another place. */
function publishedAt(
  { storage, published_at: at, published_options: options }: InstanceCard,
  root: string | null,
): Pick<InstanceCard, 'published_at' | 'published_options'> {
  if (at === undefined || storage !== (root ?? '')) return {};
  return { published_at: at, ...(options === undefined ? {} : { published_options: options }) };
}
