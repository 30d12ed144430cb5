/** Forgets a storage in which no artifact lives. Content is never touched; a managed root loses its marker. */
import { BenchkeepError } from '../../shared/errors.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { findStorage } from './find-storage.ts';
import { localRoot } from './local-root.ts';
import { removeMarker } from './marker.ts';
import { checkRoot } from './root-identity.ts';
import type { StorageContext } from './storage-context.ts';

/** Errors: `storage_in_use` with the count, `refused` for the default storage, `not_found`. */
export async function removeStorage(context: StorageContext, input: { storage: string }): Promise<{ remains: string[] }> {
  const storage = await findStorage(context.registry.db, input.storage);
  const { db } = context.registry;
  const { n } = await db
    .selectFrom('artifact')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where((eb) =>
      eb.or([
        eb('storage_id', '=', storage.id),
        eb.exists(eb.selectFrom('copy').select('copy.id').whereRef('copy.artifact_id', '=', 'artifact.id').where('copy.storage_id', '=', storage.id)),
      ]),
    )
    .executeTakeFirstOrThrow();
  if (n > 0) {
    throw new BenchkeepError(
      'storage_in_use',
      `${String(n)} ${n === 1 ? 'artifact lives' : 'artifacts live'} in ${storage.root}`,
      'Delete their records for good first, those in the trash too.',
      { details: { n } },
    );
  }
  const instance = await db.selectFrom('instance').select('default_storage_id').executeTakeFirst();
  if (instance?.default_storage_id === storage.id) {
    throw new BenchkeepError('refused', `${storage.root} is the default storage`, 'Make another one the default first: benchkeep storage use ROOT');
  }
  await writeRegistry(context, await context.author(), 'storage remove', async (write) => {
    const stones = await write.tx.selectFrom('tombstone').select(['id', 'artifact_uid']).where('storage_id', '=', storage.id).execute();
    for (const stone of stones) await write.remove('tombstone', stone.id, stone.artifact_uid);
    await write.remove('storage', storage.id);
  });
  await writeWorkstation(context.workstation, async (tx) => {
    for (const table of ['inventory', 'inbox', 'root'] as const) await tx.deleteFrom(table).where('storage_uid', '=', storage.uid).execute();
  });
  if (storage.managed === 1 && storage.workstation_uid === context.workstationUid && (await checkRoot(context, storage)).attached) {
    await removeMarker(context, localRoot(storage));
  }
  return { remains: [storage.root] };
}
