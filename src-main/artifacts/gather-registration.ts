/** What the registry knows about paths of a storage, for a whole batch at once. */
import type { Kysely } from 'kysely';
import { rawFromBytes, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, RegistryDB } from '../registry/schema.ts';

export interface KnownPath {
  copyId: number;
  artifact: ArtifactRow;
}

export interface KnownTombstone {
  id: number;
  sha256: string | null;
  artifactUid: string;
}

export interface Gathered {
  known: Map<RawPath, KnownPath>;
  tombstones: Map<RawPath, KnownTombstone>;
  /** Artifacts of these paths whose content is only in the cloud now: they are what comes back there. */
  away: Map<RawPath, ArtifactRow>;
}

/** At most some hundreds of paths. */
export async function gatherRegistration(
  db: Kysely<RegistryDB>,
  storageId: number,
  paths: readonly RawPath[],
): Promise<Gathered> {
  const bytes = paths.map(rawToBytes);
  const copies = await db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .selectAll('artifact')
    .select(['copy.id as copy_id', 'copy.path as copy_path'])
    .where('copy.storage_id', '=', storageId)
    .where('copy.path', 'in', bytes)
    .execute();
  const stones = await db
    .selectFrom('tombstone')
    .select(['id', 'path', 'sha256', 'artifact_uid'])
    .where('storage_id', '=', storageId)
    .where('path', 'in', bytes)
    .execute();
  return {
    known: new Map(
      copies.map(({ copy_id, copy_path, ...artifact }) => [rawFromBytes(copy_path), { copyId: copy_id, artifact }]),
    ),
    tombstones: new Map(
      stones.map(({ id, path, sha256, artifact_uid }) => [
        rawFromBytes(path),
        { id, sha256, artifactUid: artifact_uid },
      ]),
    ),
    away: await artifactsAway(db, storageId, paths),
  };
}

async function artifactsAway(
  db: Kysely<RegistryDB>,
  storageId: number,
  paths: readonly RawPath[],
): Promise<Map<RawPath, ArtifactRow>> {
  const cloud = await db.selectFrom('storage').select('id').where('type', '!=', 'local').execute();
  if (cloud.length === 0) return new Map();
  const byKey = new Map(paths.map((path) => [rawToDisplay(path), path]));
  const rows = await db
    .selectFrom('artifact')
    .selectAll()
    .where('visibility', 'in', [1, 0])
    .where('is_latest', '=', 1)
    .where('key', 'in', [...byKey.keys()])
    .where('key_is_virtual', '=', 0)
    .where(
      'storage_id',
      'in',
      cloud.map(({ id }) => id),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('copy')
            .select('copy.id')
            .whereRef('copy.artifact_id', '=', 'artifact.id')
            .where('copy.storage_id', '=', storageId),
        ),
      ),
    )
    .execute();
  return new Map(rows.flatMap((row) => [[byKey.get(row.key ?? ''), row] as const]).filter(isPlaced));
}

function isPlaced(entry: readonly [RawPath | undefined, ArtifactRow]): entry is readonly [RawPath, ArtifactRow] {
  return entry[0] !== undefined;
}
