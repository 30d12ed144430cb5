/** Adds a folder or a bucket as a storage: managed (Benchkeep writes there, marked as ours) or linked (only read). */
import { homedir } from 'node:os';
import type { AddStorageInput, StorageRecord } from '../../shared/contract/index.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { rawFromText, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { addCloudStorage } from './add-cloud-storage.ts';
import { addWebStorage } from './add-web-storage.ts';
import { insertStorage } from './insert-storage.ts';
import { readMarker, writeMarker } from './marker.ts';
import { parseCloudRoot } from './objects/store-options.ts';
import { parseWebAddress } from './objects/web-root.ts';
import { planStorage } from './plan-storage.ts';
import { prepareRoot, refuseUnwritable } from './prepare-root.ts';
import { rememberRoot } from './remember-root.ts';
import { sameFolderStorage } from './same-folder.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';
import { updateStorage } from './update-storage.ts';

/**
 * A root that is registered already is returned (with `watch` it is watched from now on). Errors: those of
 * `prepareRoot`; `storage_managed_elsewhere`; `root_refused` (the same folder by another path, a copy of a storage).
 */
export async function addStorage(context: StorageContext, input: AddStorageInput): Promise<{ items: StorageRecord[] }> {
  const cloud = parseCloudRoot(input.root);
  if (cloud !== null) return addCloudStorage(context, input, cloud);
  const web = parseWebAddress(input.root);
  if (web !== null) return addWebStorage(context, input, web);
  const managed = input.managed ?? !input.watch;
  const root = await prepareRoot(context.fs, input.root, {
    home: context.home,
    personHome: rawFromText(homedir()),
    managed,
  });
  const same = await sameFolderStorage(context, root);
  if (same !== null) {
    await updateStorage(context, same, input);
    return { items: await recordsOf(context, [same.id]) };
  }
  const marker = await readMarker(context.fs, root);
  const bearer = await storageOfUid(context, marker?.uid ?? '');
  const plan = planStorage({ root: rawToDisplay(root), managed, marker, bearer, instanceUid: context.instanceUid });
  if (plan.kind === 'moved') {
    await rebase(context, plan.storage, root);
    return { items: await recordsOf(context, [plan.storage.id]) };
  }
  const uid = plan.uid ?? newRecordUid(context.random, 'storage');
  if (managed) await makeManaged(context, root, uid);
  const row = { ...input, root, uid, managed, instanceUid: plan.instanceUid, workstationUid: context.workstationUid };
  const id = await writeRegistry(context, await context.author(), 'storage add', (write) => insertStorage(write, row));
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await rememberRoot(context, storage);
  return { items: await recordsOf(context, [id]) };
}

/** The marker comes before the row: a marker of ours without a row is taken up when the folder is added again. */
async function makeManaged(context: StorageContext, root: RawPath, uid: string): Promise<void> {
  await refuseUnwritable(context.fs, root);
  await context.fs.makeFolder(root);
  const { userId } = await context.author();
  const owner = await context.registry.db
    .selectFrom('user')
    .select('handle')
    .where('id', '=', userId)
    .executeTakeFirstOrThrow();
  await writeMarker(context.fs, root, {
    uid,
    instanceUid: context.instanceUid,
    instanceName: context.instanceName,
    owner: owner.handle,
  });
}

/** The folder of a managed storage is at another path now. */
async function rebase(context: StorageContext, storage: StorageRow, root: RawPath): Promise<void> {
  await writeRegistry(context, await context.author(), 'storage add', (write) =>
    write.update('storage', storage.id, {
      root: rawToDisplay(root),
      root_path: rawToBytes(root),
      updated_at: write.now,
    }),
  );
  await rememberRoot(context, { ...storage, root: rawToDisplay(root), root_path: rawToBytes(root) });
}

/** The storage of that uid, and whether its own folder still bears the uid. */
async function storageOfUid(
  context: StorageContext,
  uid: string,
): Promise<{ storage: StorageRow; inPlace: boolean; here: boolean } | null> {
  const storage = await context.registry.db.selectFrom('storage').selectAll().where('uid', '=', uid).executeTakeFirst();
  if (storage === undefined) return null;
  const here = storage.workstation_uid === context.workstationUid && storage.root_path !== null;
  const old = storage.root_path === null ? null : (storage.root_path.toString('latin1') as RawPath);
  const inPlace = here && old !== null && (await readMarker(context.fs, old))?.uid === uid;
  return { storage, inPlace, here };
}
