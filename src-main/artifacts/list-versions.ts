/** All versions of an artifact's family, newest first, trash included. */
import type { VersionRecord } from '../../shared/contract/index.ts';
import { artifactRecords, versionRecord } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import type { ReadContext } from './read-context.ts';

export async function listVersions(
  context: ReadContext,
  input: { artifact: string },
): Promise<{ items: VersionRecord[] }> {
  const { stem_uid: stem } = await findArtifact(context.registry, input.artifact);
  return { items: await versionsOfStem(context, stem) };
}

export async function versionsOfStem(context: ReadContext, stem: string): Promise<VersionRecord[]> {
  const family = await context.registry
    .selectFrom('artifact')
    .select('id')
    .where('uid', '>=', stem)
    .where('uid', '<', `${stem}~`)
    .orderBy('uid', 'desc')
    .limit(MOST_VERSIONS)
    .execute();
  const records = await artifactRecords(
    context,
    family.map(({ id }) => id),
  );
  return records.map(versionRecord);
}

/** A file that is written anew every minute has many; the newest are what is asked for. */
const MOST_VERSIONS = 1000;
