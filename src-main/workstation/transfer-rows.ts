/** Rows of `transfer` and `cached`. */
import type { Insertable, Updateable } from 'kysely';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { CachedRow, CachedTable, TransferRow, TransferTable } from './schema.ts';

const OVER = ['done', 'cancelled'] as const;

export function insertTransfer(workstation: Workstation, row: Insertable<TransferTable>): Promise<TransferRow> {
  return writeWorkstation(workstation, (tx) =>
    tx.insertInto('transfer').values(row).returningAll().executeTakeFirstOrThrow(),
  );
}

/** Durable when it returns: a state is committed before its step. */
export function updateTransfer(
  workstation: Workstation,
  id: number,
  patch: Updateable<TransferTable>,
): Promise<TransferRow> {
  return writeWorkstation(workstation, (tx) =>
    tx.updateTable('transfer').set(patch).where('id', '=', id).returningAll().executeTakeFirstOrThrow(),
  );
}

export function readTransfer({ db }: Pick<Workstation, 'db'>, id: number): Promise<TransferRow> {
  return db.selectFrom('transfer').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The one that is under way for an artifact, or null. */
export async function activeTransfer(
  { db }: Pick<Workstation, 'db'>,
  { artifactUid, storageUid, direction }: { artifactUid: string; storageUid: string; direction: 'upload' | 'download' },
): Promise<TransferRow | null> {
  const row = await db
    .selectFrom('transfer')
    .selectAll()
    .where('artifact_uid', '=', artifactUid)
    .where('storage_uid', '=', storageUid)
    .where('direction', '=', direction)
    .where('state', 'not in', OVER)
    .executeTakeFirst();
  return row ?? null;
}

/** Saves of this content into this store that did not come to their end. */
export function activeSaves(
  { db }: Pick<Workstation, 'db'>,
  { sha256, storageUid }: { sha256: string; storageUid: string },
): Promise<TransferRow[]> {
  return db
    .selectFrom('transfer')
    .selectAll()
    .where('sha256', '=', sha256)
    .where('storage_uid', '=', storageUid)
    .where('purpose', '=', 'save')
    .where('state', 'not in', OVER)
    .orderBy('id')
    .execute();
}

/** All that are under way, oldest first. */
export function activeTransfers({ db }: Pick<Workstation, 'db'>): Promise<TransferRow[]> {
  return db.selectFrom('transfer').selectAll().where('state', 'not in', OVER).orderBy('id').execute();
}

export async function putCached(workstation: Workstation, row: Insertable<CachedTable>): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx
      .insertInto('cached')
      .values(row)
      .onConflict((conflict) => conflict.column('artifact_uid').doUpdateSet(row))
      .execute(),
  );
}

export async function readCached({ db }: Pick<Workstation, 'db'>, artifactUid: string): Promise<CachedRow | null> {
  return (await db.selectFrom('cached').selectAll().where('artifact_uid', '=', artifactUid).executeTakeFirst()) ?? null;
}

export async function forgetCached(workstation: Workstation, artifactUid: string): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx.deleteFrom('cached').where('artifact_uid', '=', artifactUid).execute(),
  );
}

export async function touchCached(workstation: Workstation, artifactUid: string, usedAt: string): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx.updateTable('cached').set({ used_at: usedAt }).where('artifact_uid', '=', artifactUid).execute(),
  );
}
