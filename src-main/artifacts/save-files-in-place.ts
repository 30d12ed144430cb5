/** Files that lie in a registered storage: they stay where they are. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { RegisterOutcome } from './register-batch.ts';
import { registerFiles } from './register-files.ts';
import { describeSaved, keyFor, type SaveDetails, type SaveTools } from './save-details.ts';
import type { Place, Source } from './save-sources.ts';

type Placed = Source & { place: Place };

/**
 * Ids of their artifacts, in order; all of one storage. A key that differs from the path is recorded, the file keeps its
 * place. What went well stays saved when another one of them fails.
 */
export async function saveFilesInPlace(
  context: InstanceContext,
  sources: readonly Placed[],
  details: SaveDetails,
  tools: SaveTools,
): Promise<number[]> {
  const [first] = sources;
  if (first === undefined) return [];
  const { storage } = first.place;
  const key = sources.map((source) => keyFor(source, details))[0] ?? null;
  const family = details.revises ?? (key === null ? null : await keyInStorage(context, first.place, key));
  if (details.revises !== null) await refuseOtherFamily(context, first, details.revises);
  const ids = new Map<string, number>();
  const outcomes = await registerFiles(context, {
    storage,
    files: sources.map(({ place, facts }) => ({ path: place.relative, facts })),
    author: details.author,
    operation: 'save',
    onBytes: tools.onBytes,
    signal: tools.signal,
    explicit: {
      key,
      family,
      async within(write, written) {
        for (const { id, uid } of written) {
          ids.set(uid, id);
          await renameSaved(write, id, key);
          await describeSaved(write, id, details);
        }
      },
    },
  });
  return outcomes.map((outcome, i) => {
    const source = sources[i] ?? first;
    if (outcome.kind === 'known' && details.isNew) {
      tools.warn(`${source.shown} is registered already: a file in a storage is one artifact.`);
    }
    return ids.get(uidOf(outcome, source)) ?? 0;
  });
}

/** A key names one family of a storage: what is new under it is that family's next version. */
export async function keyInStorage(
  { registry }: InstanceContext,
  { storage, relative }: Place,
  key: string,
): Promise<ArtifactRow | null> {
  const rows = await registry.db
    .selectFrom('artifact')
    .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
    .selectAll('artifact')
    .where('artifact.visibility', 'in', [1, 0])
    .where('artifact.is_latest', '=', 1)
    .where('artifact.key', '=', key)
    .where('copy.storage_id', '=', storage.id)
    .where('copy.path', '!=', rawToBytes(relative))
    .limit(1)
    .execute();
  return rows[0] ?? null;
}

/** Errors: `refused` where the path is another artifact's already. */
export async function refuseOtherFamily(
  { registry }: InstanceContext,
  { place, shown }: Pick<Placed, 'place' | 'shown'>,
  revises: ArtifactRow,
): Promise<void> {
  const owner = await registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['artifact.uid', 'artifact.stem_uid'])
    .where('copy.storage_id', '=', place.storage.id)
    .where('copy.path', '=', rawToBytes(place.relative))
    .executeTakeFirst();
  if (owner === undefined || owner.stem_uid === revises.stem_uid) return;
  throw new BenchkeepError(
    'refused',
    `${shown} is registered already as ${owner.uid}, which has versions of its own`,
    'Save it without --revises, or save a copy of it from outside the storage.',
  );
}

/** Records the key of an artifact that was there under another one. */
export async function renameSaved(write: RegistryWrite, id: number, key: string | null): Promise<void> {
  if (key === null) return;
  const row = await write.tx.selectFrom('artifact').select('key').where('id', '=', id).executeTakeFirst();
  if (row?.key !== key) await write.update('artifact', id, { key, updated_at: write.now });
}

function uidOf(outcome: RegisterOutcome, { shown }: Source): string {
  switch (outcome.kind) {
    case 'registered':
    case 'known':
    case 'tombstone':
      return outcome.uid;
    case 'failed':
      throw reviveError(outcome.error);
    case 'gone':
      throw new BenchkeepError('file_not_found', `${shown} is gone`, 'Check the path.');
    case 'changed':
    case 'moved':
      throw writtenMeanwhile(shown);
  }
}

export function writtenMeanwhile(shown: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${shown} was changed while it was read`,
    'Wait until the program that writes it is done, then save it again.',
    { retry: true },
  );
}
