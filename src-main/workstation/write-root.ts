/** Writes what is known of a local root. */
import { writeWorkstation, type Workstation } from './open-workstation.ts';
import type { RootTable } from './schema.ts';

export async function writeRoot(workstation: Workstation, root: RootTable): Promise<void> {
  const { storage_uid, ...row } = root;
  await writeWorkstation(workstation, (tx) =>
    tx
      .insertInto('root')
      .values({ storage_uid, ...row })
      .onConflict((conflict) => conflict.column('storage_uid').doUpdateSet(row))
      .execute(),
  );
}
