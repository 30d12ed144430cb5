/** Rows of `transfer` and `cached`. */
import { sql, type Insertable, type Updateable } from 'kysely';
import type { CommitOptions } from '../registry/shared-commit.ts';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { CachedRow, CachedTable, TransferRow, TransferTable } from './schema.ts';

/** States that nobody goes on from. */
export const OVER = ['done', 'cancelled'] as const;
const CHUNK = 500;

export function insertTransfer(workstation: Workstation, row: Insertable<TransferTable>): Promise<TransferRow> {
  return writeWorkstation(workstation, (tx) =>
    tx.insertInto('transfer').values(row).returningAll().executeTakeFirstOrThrow(),
  );
}

/** Durable when it returns, unless it `mayBeLost`: a state is committed before its step. */
export function updateTransfer(
  workstation: Workstation,
  id: number,
  patch: Updateable<TransferTable>,
  options: CommitOptions = {},
): Promise<TransferRow> {
  return writeWorkstation(
    workstation,
    (tx) => tx.updateTable('transfer').set(patch).where('id', '=', id).returningAll().executeTakeFirstOrThrow(),
    options,
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

// As the indexes have them, letter by letter: SQLite uses an index of some rows only where it sees the same condition.
const isActive = sql<boolean>`state NOT IN ('done', 'cancelled')`;
const isOver = sql<boolean>`state IN ('done', 'cancelled')`;

/** In their order, at most `limit`. */
export function activeTransfers({ db }: Pick<Workstation, 'db'>, limit = -1): Promise<TransferRow[]> {
  return db.selectFrom('transfer').selectAll().where(isActive).orderBy('rank').orderBy('id').limit(limit).execute();
}

/** The newest first. */
export function transfersOver({ db }: Pick<Workstation, 'db'>, limit: number): Promise<TransferRow[]> {
  return db
    .selectFrom('transfer')
    .selectAll()
    .where(isOver)
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Of all that are not over. */
export async function countTransfers({
  db,
}: Pick<Workstation, 'db'>): Promise<{ waiting: number; failing: number; paused: number }> {
  const row = await db
    .selectFrom('transfer')
    .select([
      sql<number>`count(*)`.as('waiting'),
      sql<number>`count(*) FILTER (WHERE attempts > 0)`.as('failing'),
      sql<number>`count(*) FILTER (WHERE paused = 1)`.as('paused'),
    ])
    .where(isActive)
    .executeTakeFirstOrThrow();
  return row;
}

export type ReadyTransfer = Pick<TransferRow, 'id' | 'storage_uid' | 'size'>;

/** Uploads whose turn it may be, in their order. `now`: UTC; `only`: ids of those to choose from, null for all. */
export function readyTransfers(
  { db }: Pick<Workstation, 'db'>,
  {
    now,
    only,
    except,
    limit,
  }: { now: string; only: readonly number[] | null; except: readonly string[]; limit: number },
): Promise<ReadyTransfer[]> {
  const query = db
    .selectFrom('transfer')
    .select(['id', 'storage_uid', 'size'])
    .where(isActive)
    .where('purpose', '=', 'upload')
    .where('paused', '=', 0)
    .where((e) => e.or([e('next', 'is', null), e('next', '<=', now)]))
    .orderBy('rank')
    .orderBy('id')
    .limit(limit);
  const left = except.length === 0 ? query : query.where('storage_uid', 'not in', except);
  if (only === null) return left.execute();
  return left.where('id', 'in', sql<number>`(SELECT value FROM json_each(${JSON.stringify(only)}))`).execute();
}

/** When the first of those that wait after a failure is tried again; null where none waits. */
export async function nextDue({ db }: Pick<Workstation, 'db'>, now: string): Promise<string | null> {
  const row = await db
    .selectFrom('transfer')
    .select((e) => e.fn.min('next').as('next'))
    .where(isActive)
    .where('paused', '=', 0)
    .where('next', '>', now)
    .executeTakeFirst();
  return row?.next ?? null;
}

/** Times that were written down mean nothing any more: the clock was set, or the computer slept. */
export async function makeAllDue(workstation: Workstation): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx.updateTable('transfer').set({ next: null }).where(isActive).where('next', 'is not', null).execute(),
  );
}

/** What a store did not answer to is tried at once, and soon again: it may be heard on another network. */
export async function makeOfflineDue(workstation: Workstation): Promise<void> {
  await writeWorkstation(workstation, (tx) =>
    tx
      .updateTable('transfer')
      .set({ next: null, attempts: 0 })
      .where(isActive)
      .where('next', 'is not', null)
      .where(sql`json_extract(error, '$.code')`, '=', 'offline')
      // That one did answer, and said when to come again.
      .where(sql`json_extract(error, '$.details.retry_after')`, 'is', null)
      .execute(),
  );
}

export async function findTransfer({ db }: Pick<Workstation, 'db'>, id: number): Promise<TransferRow | null> {
  return (await db.selectFrom('transfer').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** In their order; `ids` null: all that are not over. */
export async function chosenTransfers(
  workstation: Pick<Workstation, 'db'>,
  ids: readonly number[] | null,
): Promise<TransferRow[]> {
  if (ids === null) return activeTransfers(workstation);
  const rows: TransferRow[] = [];
  for (let i = 0; i < ids.length; i += CHUNK) {
    const some = ids.slice(i, i + CHUNK);
    rows.push(...(await workstation.db.selectFrom('transfer').selectAll().where('id', 'in', some).execute()));
  }
  return rows.sort((a, b) => a.rank - b.rank || a.id - b.id);
}

/** All in one durable step; those that are over stay as they are. */
export async function changeTransfers(
  workstation: Workstation,
  ids: readonly number[],
  patch: Updateable<TransferTable>,
): Promise<void> {
  await writeWorkstation(workstation, async (tx) => {
    for (let i = 0; i < ids.length; i += CHUNK)
      await tx
        .updateTable('transfer')
        .set(patch)
        .where('id', 'in', ids.slice(i, i + CHUNK))
        .where('state', 'not in', OVER)
        .execute();
  });
}

/** Before all others that are not over. */
export async function firstRank({ db }: Pick<Workstation, 'db'>): Promise<number> {
  const row = await db
    .selectFrom('transfer')
    .select('rank')
    .where(isActive)
    .orderBy('rank')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return (row?.rank ?? 0) - 1;
}

export async function forgetTransfersOver(workstation: Workstation): Promise<void> {
  await writeWorkstation(workstation, (tx) => tx.deleteFrom('transfer').where(isOver).execute());
}

/** What is not over of these artifacts; with `everything` also what is. */
export async function transfersOf(
  { db }: Pick<Workstation, 'db'>,
  artifactUids: readonly string[],
  { everything = false }: { everything?: boolean } = {},
): Promise<TransferRow[]> {
  const rows: TransferRow[] = [];
  for (let i = 0; i < artifactUids.length; i += CHUNK) {
    const some = db
      .selectFrom('transfer')
      .selectAll()
      .where('artifact_uid', 'in', artifactUids.slice(i, i + CHUNK));
    rows.push(...(await (everything ? some : some.where('state', 'not in', OVER)).execute()));
  }
  return rows;
}

/** Into this storage, that are not over. */
export function transfersInto({ db }: Pick<Workstation, 'db'>, storageUid: string): Promise<TransferRow[]> {
  return db.selectFrom('transfer').selectAll().where(isActive).where('storage_uid', '=', storageUid).execute();
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
