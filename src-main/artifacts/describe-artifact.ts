/** One artifact with its family, the places it is used in, and other records of the same content. */
import type { ArtifactDetails } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import { versionsOfStem } from './list-versions.ts';
import type { ReadContext } from './read-context.ts';

const MOST_SAME = 100;

export async function describeArtifact(context: ReadContext, input: { artifact: string }): Promise<ArtifactDetails> {
  const artifact = await findArtifact(context.registry, input.artifact);
  const [record] = await artifactRecords(context, [artifact.id]);
  if (record === undefined)
    throw new BenchkeepError('not_found', `There is no artifact ${artifact.uid} any more`, 'Look for it again.');
  const older = await context.registry
    .selectFrom('artifact')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('uid', '>=', artifact.stem_uid)
    .where('uid', '<', artifact.uid)
    .executeTakeFirstOrThrow();
  return {
    ...record,
    version_number: older.n + 1,
    features: {},
    schema: null,
    feature_sets: [],
    collections: await collectionsOf(context, artifact.id),
    input_of: [],
    versions: await versionsOfStem(context, artifact.stem_uid),
    same_content_as: await sameContent(context, artifact),
  };
}

async function collectionsOf(context: ReadContext, artifactId: number): Promise<string[]> {
  const rows = await context.registry
    .selectFrom('collection_artifact')
    .innerJoin('collection', 'collection.id', 'collection_artifact.collection_id')
    .select('collection.key')
    .where('collection_artifact.artifact_id', '=', artifactId)
    .where('collection.visibility', '=', 1)
    .distinct()
    .orderBy('collection.key')
    .execute();
  return rows.map(({ key }) => key);
}

/** Same size and sha256; empty files are equal to nothing. */
async function sameContent(context: ReadContext, artifact: ArtifactRow): Promise<ArtifactDetails['same_content_as']> {
  if (artifact.sha256 === null || artifact.size === 0) return [];
  const rows = await context.registry
    .selectFrom('artifact')
    .innerJoin('storage', 'storage.id', 'artifact.storage_id')
    .select([
      'artifact.uid',
      'artifact.key',
      'storage.uid as storage_uid',
      'storage.root',
      'storage.type',
      'storage.region',
    ])
    .where('artifact.sha256', '=', artifact.sha256)
    .where('artifact.size', '=', artifact.size)
    .where('artifact.id', '!=', artifact.id)
    .where('artifact.visibility', '=', 1)
    .orderBy('artifact.id')
    .limit(MOST_SAME)
    .execute();
  return rows.map(({ uid, key, storage_uid: storage, root, type, region }) => ({
    uid,
    key,
    storage: { uid: storage, root, type, region },
  }));
}
