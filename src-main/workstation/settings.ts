/** Settings of this workstation for one instance, JSON by name. */
import type { Kysely, Transaction } from 'kysely';
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { WorkstationDB } from './schema.ts';

/** Null where it was never set. */
export async function readSetting<T>(workstation: Pick<Workstation, 'db'>, name: string): Promise<T | null> {
  const row = await workstation.db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as T);
}

export async function writeSetting(workstation: Workstation, name: string, value: unknown): Promise<void> {
  await writeWorkstation(workstation, (tx) => putSetting(tx, name, value));
}

/** Those whose names begin so. */
export async function listSettings(
  db: Kysely<WorkstationDB>,
  prefix: string,
): Promise<{ name: string; value: unknown }[]> {
  const rows = await db
    .selectFrom('setting')
    .selectAll()
    .where('name', '>=', prefix)
    .where('name', '<', `${prefix}\uffff`)
    .execute();
  return rows.map(({ name, value }) => ({ name, value: JSON.parse(value) as unknown }));
}

/** Inside a transaction that is under way. */
export async function putSetting(tx: Transaction<WorkstationDB>, name: string, value: unknown): Promise<void> {
  const row = { value: JSON.stringify(value) };
  await tx
    .insertInto('setting')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

/** Inside a transaction that is under way. */
export async function forgetSetting(tx: Transaction<WorkstationDB>, name: string): Promise<void> {
  await tx.deleteFrom('setting').where('name', '=', name).execute();
}
