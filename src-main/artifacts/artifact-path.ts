/** The local path of an artifact's content, for other programs. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, rawToText } from '../ports/fs/raw-path.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent } from './locate-content.ts';
import type { ContentContext } from './read-context.ts';

/** Errors: those of `find-artifact` and `locate-content`. */
export async function artifactPath(context: ContentContext, input: { artifact: string }): Promise<{ path: string }> {
  const { path } = await locateContent(context, await findArtifact(context.registry, input.artifact));
  const text = rawToText(path);
  if (text !== null) return { path: text };
  throw new BenchkeepError(
    'not_supported',
    `The name of ${rawToDisplay(path)} is not valid text, so its path can't be given as one`,
    'Open its folder and look for it there, or give the file another name.',
  );
}
