/** What was to go to the cache and stays after all, or turned out to be other content there, has its place and its record again. */
import { isNotedFile, type FileFacts } from '../ports/fs/file-facts.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { putAside } from './put-aside.ts';
import { copyAt, type SourcePlace } from './source-place.ts';
import type { TransferContext } from './transfer-context.ts';

export interface Leaving {
  artifact: ArtifactRow;
  place: SourcePlace;
  /** Where it was, as it was when it was read for sending. */
  source: RawPath;
  was: FileFacts;
  /** In the cache. */
  target: RawPath;
}

/**
 * `isAsSent`: nothing was done to it since. Else its record says that nobody proved it, and the next look of a watcher
 * makes a version of it. Where something else is at its place by now it is put aside in the cache, and told.
 */
export async function giveBack(context: TransferContext, leaving: Leaving, isAsSent: boolean): Promise<void> {
  const { fs } = context;
  const { artifact, source, was, target } = leaving;
  const moved = await fs.look(target);
  if (moved !== null && isNotedFile(moved, was)) {
    if ((await fs.look(source)) === null) await fs.moveProven(target, source, moved);
    else await putAside(context, artifact, target, moved);
  }
  if ((await fs.look(source)) !== null) await nameAgain(context, leaving, isAsSent);
}

async function nameAgain(
  context: TransferContext,
  { artifact, place, source }: Leaving,
  isAsSent: boolean,
): Promise<void> {
  if ((await copyAt(context, place)) !== null) return;
  await writeRegistry(context, await context.author(), 'not to cache', async (write) => {
    write.note = `${rawToDisplay(source)} stays: somebody works on it.`;
    const taken = await write.tx
      .selectFrom('copy')
      .select('id')
      .where('storage_id', '=', place.storage.id)
      .where('path', '=', place.path)
      .executeTakeFirst();
    const of = await write.tx.selectFrom('artifact').select('id').where('id', '=', artifact.id).executeTakeFirst();
    if (taken !== undefined || of === undefined) return;
    const copy = { artifact_id: artifact.id, storage_id: place.storage.id, path: place.path };
    const verifiedAt = isAsSent ? write.now : null;
    write.insert('copy', [{ ...copy, verified_at: verifiedAt, created_at: write.now }], [artifact.uid]);
  });
}
