/**
 * Notes which files of the inventory were not found, and takes the note back when they are there again. A file
 * that is not found is only noted: whether it moved or is missing is decided elsewhere, after a second look.
 */
import type { Transaction } from 'kysely';
import { timestamp, type Clock } from '../ports/clock.ts';
import { rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import type { WorkstationDB } from '../workstation/schema.ts';

/** Call only for a root that was just proven attached. */
export async function noteGone(
  context: { workstation: Workstation; clock: Pick<Clock, 'now'> },
  storageUid: string,
  { gone, back }: { gone: readonly RawPath[]; back: readonly RawPath[] },
): Promise<void> {
  if (gone.length + back.length === 0) return;
  const now = timestamp(context.clock);
  await writeWorkstation(context.workstation, async (tx) => {
    for (const path of gone) await note(tx, storageUid, path, now);
    for (const path of back) await note(tx, storageUid, path, null);
  });
}

async function note(tx: Transaction<WorkstationDB>, storageUid: string, path: RawPath, since: string | null): Promise<void> {
  const { folder, name } = splitRaw(path);
  await tx
    .updateTable('inventory')
    .set({ gone_since: since })
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', rawToBytes(folder))
    .where('name', '=', rawToBytes(name))
    .execute();
}
