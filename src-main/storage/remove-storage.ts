/** Forgets a storage in which no artifact lives. Its content stays. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { transfersInto } from '../workstation/transfer-rows.ts';
import { forgetCredentialsOf } from '../workstation/credential-rows.ts';
import { plannedFolders } from '../workstation/planned-frees.ts';
import { forgetStorage } from '../workstation/forget-storage.ts';
import { findStorage } from './find-storage.ts';
import { localRoot } from './local-root.ts';
import { readMarker, removeMarker } from './marker.ts';
import { readObjectMarker, removeObjectMarker } from './object-marker.ts';
import type { StorageContext } from './storage-context.ts';
import { cloudRootOf, storeOf } from './stores.ts';

/** Errors: `not_found`; `storage_in_use` with the count, trash included, or with the uploads, or folders that were being freed, that are not done; `refused` for the default storage. */
export async function removeStorage(
  context: StorageContext,
  input: { storage: string },
): Promise<{ remains: string[] }> {
  const storage = await findStorage(context.registry.db, input.storage, context);
  await refuseDefault(context, storage);
  await refuseUploads(context, storage);
  await refuseHidden(context, storage);
  await writeRegistry(context, await context.author(), 'storage remove', async (write) => {
    // Looked at inside: the watcher may have registered something a moment ago.
    const { n } = await write.tx
      .selectFrom('artifact')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where((e) =>
        e.or([
          e('storage_id', '=', storage.id),
          e('id', 'in', e.selectFrom('copy').select('artifact_id').where('storage_id', '=', storage.id)),
        ]),
      )
      .executeTakeFirstOrThrow();
    if (n > 0) throw inUse(storage, n);
    const tombstones = await write.tx
      .selectFrom('tombstone')
      .select(['id', 'artifact_uid'])
      .where('storage_id', '=', storage.id)
      .execute();
    for (const tombstone of tombstones) await write.remove('tombstone', tombstone.id, tombstone.artifact_uid);
    await write.remove('storage', storage.id);
  });
  await forgetStorage(context.workstation, storage.uid);
  try {
    return { remains: await takeMarkerAway(context, storage) };
  } finally {
    await forgetSignIn(context, storage);
  }
}

/** Last: until then the marker is taken away with it (S-18). */
async function forgetSignIn({ workstation, stores }: StorageContext, storage: StorageRow): Promise<void> {
  const root = cloudRootOf(storage);
  if (root === null) return;
  await forgetCredentialsOf(workstation, storage.root);
  stores.signIn(root, null);
}

async function refuseDefault(context: StorageContext, storage: StorageRow): Promise<void> {
  const instance = await context.registry.db.selectFrom('instance').select('default_storage_id').executeTakeFirst();
  if (instance?.default_storage_id !== storage.id) return;
  throw new BenchkeepError(
    'refused',
    `${storage.root} is the default storage`,
    'Make another one the default first: benchkeep storage use ROOT.',
  );
}

/** What is being saved there ends with the storage: without it there is no record to come. */
async function refuseUploads({ workstation }: StorageContext, storage: StorageRow): Promise<void> {
  const uploads = (await transfersInto(workstation, storage.uid)).filter(({ purpose }) => purpose === 'upload');
  if (uploads.length === 0) return;
  const what = uploads.length === 1 ? '1 upload' : `${String(uploads.length)} uploads`;
  throw new BenchkeepError(
    'storage_in_use',
    `${what} into ${storage.root} ${uploads.length === 1 ? 'is' : 'are'} not done`,
    `Wait for them, or cancel them: benchkeep transfers cancel ${uploads
      .slice(0, 20)
      .map(({ id }) => String(id))
      .join(' ')}.`,
    { details: { count: uploads.length } },
  );
}

/** Without the storage nobody would give what is left of it its name again. */
async function refuseHidden({ workstation }: StorageContext, storage: StorageRow): Promise<void> {
  const hidden = (await plannedFolders(workstation)).filter(({ storageUid }) => storageUid === storage.uid);
  const [first] = hidden;
  if (first === undefined) return;
  const others = hidden.length === 1 ? '' : `, like ${String(hidden.length - 1)} more`;
  throw new BenchkeepError(
    'storage_in_use',
    `${rawToDisplay(first.relative as RawPath)} in ${storage.root} was about to be freed when Benchkeep was ended, and is not done${others}`,
    'Connect its drive and start Benchkeep again, which ends it; then remove the storage.',
    { details: { count: hidden.length } },
  );
}

function inUse(storage: StorageRow, n: number): BenchkeepError {
  const what = n === 1 ? '1 artifact lives' : `${String(n)} artifacts live`;
  return new BenchkeepError(
    'storage_in_use',
    `${what} in ${storage.root} (what is in the trash counts)`,
    'Delete them for good first; nothing was removed.',
    { details: { count: n } },
  );
}

/** Our marker only, after the row: one left by a crash is taken up or removed with the folder's next adding and removing. */
async function takeMarkerAway(context: StorageContext, storage: StorageRow): Promise<string[]> {
  if (storage.type !== 'local') return takeObjectMarkerAway(context, storage);
  if (storage.workstation_uid !== context.workstationUid || storage.root_path === null) return [];
  const root = localRoot(storage);
  if (storage.managed === 1 && (await readMarker(context.fs, root))?.uid === storage.uid)
    await removeMarker(context.fs, root);
  return (await context.fs.look(root)) === null ? [] : [rawToDisplay(root)];
}

async function takeObjectMarkerAway(context: StorageContext, storage: StorageRow): Promise<string[]> {
  if (storage.managed === 1) {
    const store = await storeOf(context, storage);
    if ((await readObjectMarker(store))?.uid === storage.uid) await removeObjectMarker(store);
  }
  return [storage.root];
}
