/** Where content was before space was freed: the registry's history tells it, and this workstation when it was last written to. */
import type { Transaction } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { WorkstationDB } from '../workstation/schema.ts';
import { forgetSetting, putSetting, readSetting } from '../workstation/settings.ts';

export interface FreedPlace {
  storage: StorageRow;
  /** Below its root. */
  relative: RawPath;
  /** As it was last written to; null where this workstation does not know. */
  mtimeNs: string | null;
}

interface Freed {
  storageUid: string;
  relative: RawPath;
  mtimeNs: string;
}

function nameOf(uid: string): string {
  return `freed ${uid}`;
}

export async function noteFreed(
  tx: Transaction<WorkstationDB>,
  { uid, storageUid, relative, facts }: { uid: string; storageUid: string; relative: RawPath; facts: FileFacts },
): Promise<void> {
  const freed: Freed = { storageUid, relative, mtimeNs: facts.mtimeNs };
  await putSetting(tx, nameOf(uid), freed);
}

export function forgetFreed(tx: Transaction<WorkstationDB>, uid: string): Promise<void> {
  return forgetSetting(tx, nameOf(uid));
}

/** It went from some place of this computer, and did not come back yet. */
export async function isFreed({ workstation }: Pick<InstanceContext, 'workstation'>, uid: string): Promise<boolean> {
  return (await readSetting<Freed>(workstation, nameOf(uid))) !== null;
}

/** The last place of this computer that space was freed at; null where there was none. */
export async function freedPlace(context: InstanceContext, uid: string): Promise<FreedPlace | null> {
  const { db } = context.registry;
  const storages = await db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', context.workstationUid)
    .execute();
  const changes = await db
    .selectFrom('change')
    .select('before')
    .where('uid', '=', uid)
    .where('registry', '=', 'copy')
    .where('action', '=', 'delete')
    .where('operation', 'in', ['free', 'to cache'])
    .orderBy('id', 'desc')
    .execute();
  for (const change of changes) {
    const before = JSON.parse(change.before ?? '{}') as { storage_id?: number; path?: string | { hex: string } };
    // Other computers freed theirs, too.
    const storage = storages.find(({ id }) => id === before.storage_id);
    if (storage !== undefined && before.path !== undefined) return placeIn(context, uid, storage, before.path);
  }
  return null;
}

async function placeIn(
  { workstation }: Pick<InstanceContext, 'workstation'>,
  uid: string,
  storage: StorageRow,
  path: string | { hex: string },
): Promise<FreedPlace> {
  // As the change log writes bytes (`registry/change-hash`).
  const bytes = typeof path === 'string' ? Buffer.from(path, 'utf8') : Buffer.from(path.hex, 'hex');
  const relative = rawFromBytes(bytes);
  const known = await readSetting<Freed>(workstation, nameOf(uid));
  const isIt = known?.storageUid === storage.uid && known.relative === relative;
  return { storage, relative, mtimeNs: isIt ? known.mtimeNs : null };
}
