/** How far the scrub is, and when it found which copy right. What writes: only inside `writeWorkstation`. */
import type { Insertable, Transaction } from 'kysely';
import type { Workstation } from './open-workstation.ts';
import type { ScrubbedTable, ScrubRow, WorkstationDB } from './schema.ts';

const NEVER: ScrubRow = {
  id: 1,
  round: 0,
  state: 'idle',
  position: 0,
  checked: 0,
  total: 0,
  bytes: 0,
  failed: 0,
  started_at: null,
  finished_at: null,
};

export async function readScrub({ db }: Pick<Workstation, 'db'>): Promise<ScrubRow> {
  return (await db.selectFrom('scrub').selectAll().executeTakeFirst()) ?? NEVER;
}

export async function putScrub(tx: Transaction<WorkstationDB>, row: ScrubRow): Promise<void> {
  await tx
    .insertInto('scrub')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Replaces what was known of these copies. */
export function putScrubbed(
  tx: Transaction<WorkstationDB>,
  { sqlite }: Pick<Workstation, 'sqlite'>,
  rows: readonly Insertable<ScrubbedTable>[],
): void {
  const { sql } = tx
    .replaceInto('scrubbed')
    .values({ copy_id: 0, artifact_uid: '', round: 0, verified_at: null })
    .compile();
  const put = sqlite.prepare(sql);
  for (const { copy_id, artifact_uid, round, verified_at } of rows) put.run(copy_id, artifact_uid, round, verified_at);
}

/** Forgets copies that the round did not come upon: they are gone from the registry. */
export async function dropNotSeen(tx: Transaction<WorkstationDB>, round: number): Promise<void> {
  await tx.deleteFrom('scrubbed').where('round', '<', round).execute();
}
