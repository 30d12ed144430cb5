/**
 * Deleting came only half the way: the registry says of a copy in a store that it is not all there any more, before
 * anybody relies on it (`faults.md`, I5).
 */
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { PendingRemoval } from './pending-removals.ts';
import { objectsOf, type DeletionObject } from './plan-deletion.ts';
import type { RemovedObjects } from './remove-objects.ts';
import { whatIsLeft } from './what-is-left.ts';

type LostContext = Pick<InstanceContext, 'registry' | 'clock' | 'author' | 'onCommitted'>;

/**
 * The copy does not count any more. An artifact without another one that is verified is changed or missing, with the
 * reason; where nobody knows what is left, its state stays.
 */
export async function noteLostObjects(
  context: LostContext,
  artifact: Pick<ArtifactRow, 'id' | 'uid'>,
  { copy }: DeletionObject,
  { left, note, reason }: { left: Exclude<RemovedObjects['left'], 'all'>; note: string; reason: string },
): Promise<void> {
  await writeRegistry(context, await context.author(), 'delete', async (write) => {
    write.note = note;
    const rows = await write.tx.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).execute();
    const own = rows.find(({ id }) => id === copy.id);
    if (own === undefined) return;
    write.updateRow('copy', own, { verified_at: null }, artifact.uid);
    const isElsewhere = rows.some(({ id, verified_at: at }) => id !== copy.id && at !== null);
    if (left === 'unknown' || isElsewhere) return;
    const state = left === 'none' ? 'missing' : 'changed';
    await write.update('artifact', artifact.id, { state, state_reason: reason, updated_at: write.now });
  });
}

/** The program ended while it deleted: a record whose content is gone says so. Errors: those of the store. */
export async function noteInterrupted(
  context: LostContext & Pick<InstanceContext, 'stores' | 'fs' | 'folder'>,
  removal: PendingRemoval,
  signal: AbortSignal,
): Promise<void> {
  const { db } = context.registry;
  const artifact = await db.selectFrom('artifact').selectAll().where('uid', '=', removal.uid).executeTakeFirst();
  if (artifact === undefined) return;
  const place = (await objectsOf(db, artifact)).find(
    ({ storage, copy }) => storage.uid === removal.storageUid && rawFromBytes(copy.path) === removal.path,
  );
  if (place === undefined) return;
  const left = await whatIsLeft(context, artifact, place, signal);
  if (left === 'all') return;
  await noteLostObjects(context, artifact, place, {
    left,
    note: 'The program ended while it was deleted.',
    reason: 'Its content was deleted, and the program ended before its record was.',
  });
}
