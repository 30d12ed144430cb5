/**
 * Notes which files of the inventory were not found, and takes the note back when they are there again. A file
 * that is not found is only noted: whether it moved or is missing is decided elsewhere, after a second look.
 */
import type { Kysely } from 'kysely';
import { timestamp, type Clock } from '../ports/clock.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { markGone } from '../workstation/inventory.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import type { WorkstationDB } from '../workstation/schema.ts';

/** Call only for a root that was just proven attached. True where anything was noted. */
export async function noteGone(
  context: { workstation: Workstation; clock: Pick<Clock, 'now'> },
  storageUid: string,
  { gone, back }: { gone: readonly RawPath[]; back: readonly RawPath[] },
): Promise<boolean> {
  if (gone.length + back.length === 0) return false;
  const now = timestamp(context.clock);
  await writeWorkstation(context.workstation, (tx) => {
    markGone(tx, context.workstation, storageUid, gone, now);
    markGone(tx, context.workstation, storageUid, back, null);
  });
  return true;
}

/** How many files of a storage are not where they were. */
export async function countGone({ db }: { db: Kysely<WorkstationDB> }, storageUid: string): Promise<number> {
  const { n } = await db
    .selectFrom('inventory')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('storage_uid', '=', storageUid)
    .where('gone_since', 'is not', null)
    .executeTakeFirstOrThrow();
  return n;
}
