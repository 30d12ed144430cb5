/**
 * What a save that came to nothing has brought to a store. It is planned on this workstation that it goes, and taken away
 * at once or, where the store is away or that takes long, by a later look (`abandoned-saves`).
 */
import { FIRST_VERSION } from '../../shared/uid.ts';
import { OWN_FOLDER, storeOf, type MadeObject, type ObjectStore } from '../storage/index.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { forgetSetting, listSettings } from '../workstation/settings.ts';
import { activeTransfer } from '../workstation/transfer-rows.ts';
import { isOfFolder, manifestKey } from './folder-in-store.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';

type UnrecordedContext = Pick<TransferContext, 'registry' | 'workstation' | 'stores'>;

const PREFIX = 'unrecorded ';

export interface Unrecorded {
  uid: string;
  storageUid: string;
  key: string;
  /** Of a file: the very object, with the ETag where the store told it. Null: a folder, and all that is below its key. */
  object: { etag: string | null; version: string | null } | null;
}

/** Said with the checksums of a file's row: this program made the object, and did not find it there. */
export function noteMade({ checksum }: TransferRow, { etag, version }: MadeObject): string {
  return JSON.stringify({ ...(checksum === null ? {} : (JSON.parse(checksum) as object)), made: { etag, version } });
}

function madeOf({ checksum }: TransferRow): MadeObject | null {
  return checksum === null ? null : ((JSON.parse(checksum) as { made?: MadeObject }).made ?? null);
}

/**
 * Null where there is nothing that may go. The uid of a new artifact is random, so nobody else has a part in what lies
 * under it; that of a next version is counted, and another computer may have found what is there, and recorded it.
 */
export function unrecordedOf(row: TransferRow): Unrecorded | null {
  const { artifact_uid: uid, storage_uid: storageUid, purpose, state, version } = row;
  if (purpose !== 'save') return null;
  const isNew = uid.endsWith(FIRST_VERSION);
  const plan = { uid, storageUid, key: keyOf(row) };
  if (isOfFolder(row)) return isNew && state !== 'planned' ? { ...plan, object: null } : null;
  const made = madeOf(row);
  if (made !== null) return { ...plan, object: made };
  return isNew && state === 'verified' ? { ...plan, object: { etag: null, version } } : null;
}

export function nameOfPlan({ uid, storageUid }: Unrecorded): string {
  return `${PREFIX}${storageUid} ${uid}`;
}

export async function plannedUnrecorded({ workstation }: UnrecordedContext): Promise<Unrecorded[]> {
  return (await listSettings(workstation.db, PREFIX)).map(({ value }) => value as Unrecorded);
}

/**
 * What got a record after all stays. Errors: those of the store, and of a registry that others have the turn to write:
 * what they made of it is not known here. Then the plan remains.
 */
export async function removeUnrecorded(
  context: UnrecordedContext,
  plan: Unrecorded,
  signal: AbortSignal,
): Promise<void> {
  context.registry.guard.check();
  const { db } = context.registry;
  const storage = await db
    .selectFrom('storage')
    .selectAll()
    .where('uid', '=', plan.storageUid)
    .where('managed', '=', 1)
    .executeTakeFirst();
  if (storage !== undefined && !(await isWanted(context, plan, storage.id))) {
    const store = await storeOf(context, storage);
    if (plan.object === null) await removeFolder(store, plan, signal);
    else {
      const { etag, version } = plan.object;
      const there = await store.stat(plan.key, { signal });
      if (there !== null && there.version === version && (etag ?? there.etag) === there.etag)
        await store.delete(plan.key, { version, signal });
    }
  }
  await writeWorkstation(context.workstation, (tx) => forgetSetting(tx, nameOfPlan(plan)));
}

/** Recorded after all, or being saved again. */
async function isWanted(
  { registry, workstation }: UnrecordedContext,
  { uid, storageUid, key }: Unrecorded,
  storageId: number,
): Promise<boolean> {
  const transfer = await activeTransfer(workstation, { artifactUid: uid, storageUid, direction: 'upload' });
  const artifact = await registry.db.selectFrom('artifact').select('id').where('uid', '=', uid).executeTakeFirst();
  const copy = await registry.db
    .selectFrom('copy')
    .select('id')
    .where('storage_id', '=', storageId)
    .where('path', '=', Buffer.from(key, 'utf8'))
    .executeTakeFirst();
  return transfer !== null || artifact !== undefined || copy !== undefined;
}

/** Its manifest first: from then on nobody takes the rest for a folder. */
async function removeFolder(store: ObjectStore, { uid, key }: Unrecorded, signal: AbortSignal): Promise<void> {
  if (!key.startsWith(`${OWN_FOLDER}/${uid}`)) return;
  await remove(store, manifestKey(uid), signal);
  for await (const member of store.list(`${key}/`, { signal })) await remove(store, member.key, signal);
}

/** As it is now: lists of some stores tell no versions. */
async function remove(store: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  const there = await store.stat(key, { signal });
  if (there !== null) await store.delete(key, { version: there.version, signal });
}
