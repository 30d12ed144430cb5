/** Rows of `transfer` that are uploads: queued, changed and ended together with what belongs to that. */
import { sql, type Insertable, type RawBuilder, type Transaction, type Updateable } from 'kysely';
import type { CommitOptions } from '../registry/shared-commit.ts';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { TransferRow, TransferState, TransferTable, WorkstationDB } from './schema.ts';
import { putSetting } from './settings.ts';
import { OVER } from './transfer-rows.ts';

const CHUNK = 500;
/** Rows of one statement: it has a value for each of their columns. */
const INSERTED = 50;

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
    const left = await activeUploads(tx, rows);
    const uploads = new Map<string, TransferRow>();
    const fresh: Insertable<TransferTable>[] = [];
    for (const row of rows) {
      const save = left.get(goalOf(row));
      const isSave = save?.purpose === 'save' && !busy.has(save.id);
      if (isSave && isSame(save, row)) {
        uploads.set(goalOf(row), await takeUp(tx, save, row));
        continue;
      }
      if (isSave)
        await tx
          .updateTable('transfer')
          .set({ state: 'cancelled', updated_at: row.updated_at })
          .where('id', '=', save.id)
          .execute();
      fresh.push(row);
    }
    for (let i = 0; i < fresh.length; i += INSERTED) {
      const inserted = await tx
        .insertInto('transfer')
        .values(fresh.slice(i, i + INSERTED))
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .execute();
      for (const one of inserted) uploads.set(goalOf(one), one);
    }
    return rows.map((row) => uploads.get(goalOf(row)) ?? null);
  });
}

/** What is uploaded, and where to: under way once at a time. */
function goalOf({ artifact_uid: uid, storage_uid: storage }: Insertable<TransferTable>): string {
  return `${uid} ${storage}`;
}

async function activeUploads(
  tx: Transaction<WorkstationDB>,
  rows: readonly Insertable<TransferTable>[],
): Promise<Map<string, TransferRow>> {
  const active = new Map<string, TransferRow>();
  for (let i = 0; i < rows.length; i += CHUNK) {
    const found = await tx
      .selectFrom('transfer')
      .selectAll()
      .where(
        'artifact_uid',
        'in',
        rows.slice(i, i + CHUNK).map(({ artifact_uid: uid }) => uid),
      )
      .where('direction', '=', 'upload')
      .where('state', 'not in', OVER)
      .execute();
    for (const row of found) active.set(goalOf(row), row);
  }
  return active;
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

/** What one step makes of each of several. */
export interface TransferStep {
  id: number;
  state: TransferState;
  checksum: string | null;
  version: string | null;
  sent: number;
}

/** One step for all, durable unless it `mayBeLost`. */
export async function stepTransfers(
  workstation: Workstation,
  steps: readonly TransferStep[],
  updatedAt: string,
  options: CommitOptions = {},
): Promise<void> {
  const field = (name: keyof TransferStep): RawBuilder<never> => sql`step.value ->> ${sql.lit(name)}`;
  await writeWorkstation(
    workstation,
    (tx) =>
      tx
        .updateTable('transfer')
        .from(sql<{ value: string }>`json_each(${JSON.stringify(steps)})`.as('step'))
        .set({
          state: field('state'),
          checksum: field('checksum'),
          version: field('version'),
          sent: field('sent'),
          updated_at: updatedAt,
        })
        .where('transfer.id', '=', field('id'))
        .execute(),
    options,
  );
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
