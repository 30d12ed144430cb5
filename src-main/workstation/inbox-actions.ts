/** What people do about rows of the inbox. Times as in the table; only inside `writeWorkstation`. */
import type { Transaction } from 'kysely';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import { DAMAGED, IGNORED_BY_PERSON } from './inbox-rows.ts';
import type { WorkstationDB } from './schema.ts';

/** It is left alone from now on. */
export async function ignoreInboxRow(tx: Transaction<WorkstationDB>, id: number, now: string): Promise<void> {
  const reason = 'Left alone – you said to ignore it.';
  await tx
    .updateTable('inbox')
    .set({ state: 'ignored', cause: IGNORED_BY_PERSON, reason, since: now, next: null, attempts: 0 })
    .where('id', '=', id)
    .execute();
}

/** It waits for its next look, which is now: the look finds out what it is. */
export async function awaitInboxRow(
  tx: Transaction<WorkstationDB>,
  id: number,
  reason: string,
  now: string,
): Promise<void> {
  await tx
    .updateTable('inbox')
    .set({ state: 'waiting', cause: 'settling', reason, since: now, next: now, attempts: 0 })
    .where('id', '=', id)
    .execute();
}

/** What failed is due now; null: all of the storage. What is damaged is nothing to be tried again. */
export async function retryInboxRows(
  tx: Transaction<WorkstationDB>,
  storageUid: string,
  id: number | null,
  now: string,
): Promise<void> {
  await tx
    .updateTable('inbox')
    .set({ next: now })
    .where('storage_uid', '=', storageUid)
    .where('state', '=', 'failed')
    .where('cause', '!=', DAMAGED)
    .$if(id !== null, (query) => query.where('id', '=', id ?? 0))
    .execute();
}

export async function dropInboxRows(tx: Transaction<WorkstationDB>, ids: readonly number[]): Promise<void> {
  for (const id of ids) await tx.deleteFrom('inbox').where('id', '=', id).execute();
}

/** Says no more of these paths that they are damaged. */
export async function dropDamaged(
  tx: Transaction<WorkstationDB>,
  storageUid: string,
  paths: readonly RawPath[],
): Promise<void> {
  for (const path of paths) {
    await tx
      .deleteFrom('inbox')
      .where('storage_uid', '=', storageUid)
      .where('path', '=', rawToBytes(path))
      .where('cause', '=', DAMAGED)
      .execute();
  }
}
