/** Clears the paths that moved files come to. */
import { rawFromBytes, rawToDisplay } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, CopyRow } from '../registry/schema.ts';
import { artifactsOf, chunksByStorage, copiesAt, type Found } from './moved-copies.ts';

/**
 * Two files that swapped names: no path may be named twice, not even in between, so what is in the way steps aside
 * first. What was at a new path and is not one of the moved files was overwritten, or is absorbed.
 */
export async function makeRoom(write: RegistryWrite, found: Found[]): Promise<void> {
  const moving = new Map(found.map((one) => [one.copy.id, one]));
  for (const [storageId, chunk] of chunksByStorage(
    found.map(({ move }) => move),
    ({ to }) => to.storage,
  )) {
    const absorbed = new Set(chunk.flatMap(({ absorbs }) => (absorbs === null ? [] : [absorbs])));
    const inTheWay = await copiesAt(
      write.tx,
      storageId,
      chunk.map(({ to }) => to.path),
    );
    const artifacts = await artifactsOf(write.tx, inTheWay);
    for (const copy of inTheWay) {
      const artifact = artifacts.get(copy.artifact_id);
      const mover = moving.get(copy.id);
      if (artifact === undefined) continue;
      if (mover !== undefined) {
        const aside = Buffer.concat([Buffer.from('\0'), Buffer.from(String(copy.id))]);
        write.updateRow('copy', copy, { path: aside }, artifact.uid);
        mover.copy = { ...copy, path: aside };
      } else if (absorbed.has(artifact.id)) {
        write.note = `The same file as another record, which was moved here: taken together with it.`;
        await write.remove('copy', copy.id, artifact.uid);
        await write.remove('artifact', artifact.id);
      } else await overwrite(write, artifact, copy);
    }
  }
}

async function overwrite(write: RegistryWrite, artifact: ArtifactRow, copy: CopyRow): Promise<void> {
  const path = rawToDisplay(rawFromBytes(copy.path));
  write.note = `Another file was moved over ${path}.`;
  await write.remove('copy', copy.id, artifact.uid);
  const other = await write.tx
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', artifact.id)
    .limit(1)
    .executeTakeFirst();
  if (other !== undefined) return;
  write.updateRow('artifact', artifact, { state: 'missing', state_reason: 'overwritten', updated_at: write.now });
}
