/** Where an artifact's content is, for other programs: a path of this computer, or its address in a bucket. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, rawToText } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent } from './locate-content.ts';
import type { ContentContext } from './read-context.ts';

/** Errors: those of `find-artifact` and `locate-content`. */
export async function artifactPath(context: ContentContext, input: { artifact: string }): Promise<{ path: string }> {
  const artifact = await findArtifact(context.registry, input.artifact);
  const address = await addressInCloud(context, artifact);
  if (address !== null) return { path: address };
  const { path } = await locateContent(context, artifact);
  const text = rawToText(path);
  if (text !== null) return { path: text };
  throw new BenchkeepError(
    'not_supported',
    `The name of ${rawToDisplay(path)} is not valid text, so its path can't be given as one`,
    'Open its folder and look for it there, or give the file another name.',
  );
}

/** Null where its storage is a folder. */
async function addressInCloud({ registry }: ContentContext, artifact: ArtifactRow): Promise<string | null> {
  const copy = await registry
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['storage.root', 'copy.path'])
    .where('copy.artifact_id', '=', artifact.id)
    .where('copy.storage_id', '=', artifact.storage_id)
    .where('storage.type', '!=', 'local')
    .executeTakeFirst();
  return copy === undefined ? null : `${copy.root}/${copy.path.toString('utf8')}`;
}
