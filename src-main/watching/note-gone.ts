/**
 * Notes which files of the inventory were not found, and takes the note back when they are there again. A file
 * that is not found is only noted: whether it moved or is missing is decided elsewhere, after a second look.
 */
import type { Kysely } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { rawFromBytes, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { instrumentRun } from '../provenance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { DAMAGED } from '../workstation/inbox-rows.ts';
import { markGone } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { WorkstationDB } from '../workstation/schema.ts';
import { inboxOf } from './inbox.ts';

const CHUNK = 500;

/** Call only for a root that was just proven attached. True where anything was noted. */
export async function noteGone(
  context: InstanceContext,
  storage: StorageRow,
  { gone, back }: { gone: readonly RawPath[]; back: readonly RawPath[] },
): Promise<boolean> {
  if (gone.length + back.length === 0) return false;
  const now = timestamp(context.clock);
  await takeBackMissing(context, storage, back);
  await writeWorkstation(context.workstation, (tx) => {
    markGone(tx, context.workstation, storage.uid, gone, now);
    markGone(tx, context.workstation, storage.uid, back, null);
  });
  return true;
}

/** Files that the registry calls missing, and that are there again as they were. */
async function takeBackMissing(context: InstanceContext, storage: StorageRow, back: readonly RawPath[]): Promise<void> {
  if (back.length === 0) return;
  const damaged = inboxOf(context.workstation, storage.uid, back);
  const author = { userId: storage.created_by_id, runId: await instrumentRun(context, storage) };
  await writeRegistry(context, author, 'back', async (write) => {
    for (let i = 0; i < back.length; i += CHUNK) {
      const rows = await write.tx
        .selectFrom('artifact')
        .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
        .selectAll('artifact')
        .select('copy.path')
        .where('copy.storage_id', '=', storage.id)
        .where('copy.path', 'in', back.slice(i, i + CHUNK).map(rawToBytes))
        .where('artifact.state', '=', 'missing')
        .where('artifact.state_reason', '=', 'path-gone')
        .execute();
      for (const { path, ...artifact } of rows) {
        // What was damaged when it went is damaged now.
        const known = damaged.get(rawFromBytes(path));
        if (known?.cause === DAMAGED) {
          const reason = `${known.reason.charAt(0).toLowerCase()}${known.reason.slice(1)}`;
          write.note = `Found again at ${rawToDisplay(rawFromBytes(path))}, damaged as it was.`;
          write.updateRow('artifact', artifact, { state: 'changed', state_reason: reason, updated_at: write.now });
          continue;
        }
        write.note = `Found again at ${rawToDisplay(rawFromBytes(path))}: the same file, unchanged.`;
        write.updateRow('artifact', artifact, { state: 'ok', state_reason: null, updated_at: write.now });
      }
    }
  });
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
