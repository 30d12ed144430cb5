/** Removes everything that this computer knows of a storage. */
import { writeWorkstation, type Workstation } from './open-workstation.ts';

export async function forgetStorage(workstation: Workstation, storageUid: string): Promise<void> {
  await writeWorkstation(workstation, async (tx) => {
    for (const table of ['inventory', 'inbox', 'root', 'transfer'] as const) {
      await tx.deleteFrom(table).where('storage_uid', '=', storageUid).execute();
    }
  });
}
