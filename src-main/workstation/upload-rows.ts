/** Rows of `transfer` that are uploads: queued, changed and ended together with what belongs to that. */
import type { Insertable, Transaction, Updateable } from 'kysely';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { TransferRow, TransferTable, WorkstationDB } from './schema.ts';
import { putSetting } from './settings.ts';
import { OVER } from './transfer-rows.ts';

const CHUNK = 500;

/** With the plan (a setting) of what is to be removed because of that. */
export function updateWithPlan(
  workstation: Workstation,
  id: number,
  patch: Updateable<TransferTable>,
  plan: { name: string; value: unknown } | null,
): Promise<TransferRow> {
  return writeWorkstation(workstation, async (tx) => {
    if (plan !== null) await putSetting(tx, plan.name, plan.value);
    return tx.updateTable('transfer').set(patch).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
  });
}

/**
 * One durable step for all; null where an upload, or a save that somebody is at work on (`busy`), is under way for the
 * same artifact and store. A save that nobody goes on with becomes the upload, with what the store has of it; one of
 * other content is over.
 */
export function insertUploads(
  workstation: Workstation,
  rows: readonly Insertable<TransferTable>[],
  busy: { has(id: number): boolean },
): Promise<(TransferRow | null)[]> {
  return writeWorkstation(workstation, async (tx) => {
    const inserted: (TransferRow | null)[] = [];
    for (const row of rows) {
      const left = await tx
        .selectFrom('transfer')
        .selectAll()
        .where('artifact_uid', '=', row.artifact_uid)
        .where('storage_uid', '=', row.storage_uid)
        .where('direction', '=', 'upload')
        .where('state', 'not in', OVER)
        .executeTakeFirst();
      const isSave = left?.purpose === 'save' && !busy.has(left.id);
      if (isSave && isSame(left, row)) {
        inserted.push(await takeUp(tx, left, row));
        continue;
      }
      if (isSave)
        await tx
          .updateTable('transfer')
          .set({ state: 'cancelled', updated_at: row.updated_at })
          .where('id', '=', left.id)
          .execute();
      const one = await tx
        .insertInto('transfer')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      inserted.push(one ?? null);
    }
    return inserted;
  });
}

function isSame(left: TransferRow, { sha256, size, path }: Insertable<TransferTable>): boolean {
  return left.sha256 === sha256 && left.size === size && left.path.equals(path);
}

function takeUp(
  tx: Transaction<WorkstationDB>,
  { id }: TransferRow,
  { purpose, source, facts, rank, free_up, updated_at }: Insertable<TransferTable>,
): Promise<TransferRow> {
  const asQueued = { purpose, source, facts, rank, free_up, updated_at };
  return tx
    .updateTable('transfer')
    .set({ ...asQueued, paused: 0, attempts: 0, next: null, error: null })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** What becomes of files in place; of those whose copy here is on its way already nothing is changed. */
export async function setFreeUp(workstation: Workstation, ids: readonly number[], freeUp: boolean): Promise<void> {
  await writeWorkstation(workstation, async (tx) => {
    for (let i = 0; i < ids.length; i += CHUNK)
      await tx
        .updateTable('transfer')
        .set({ free_up: freeUp ? 1 : 0 })
        .where('id', 'in', ids.slice(i, i + CHUNK))
        .where('state', 'not in', [...OVER, 'settling'])
        .execute();
  });
}
