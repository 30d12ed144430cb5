/** Settings of this workstation for one instance, JSON by name. */
import { writeWorkstation, type Workstation } from './open-workstation.ts';

/** Null where it was never set. */
export async function readSetting<T>(workstation: Pick<Workstation, 'db'>, name: string): Promise<T | null> {
  const row = await workstation.db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as T);
}

export async function writeSetting(workstation: Workstation, name: string, value: unknown): Promise<void> {
  const row = { value: JSON.stringify(value) };
  await writeWorkstation(workstation, async (tx) => {
    await tx
      .insertInto('setting')
      .values({ name, ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute();
  });
}
