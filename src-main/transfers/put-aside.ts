/** A file of the cache that somebody worked on: it may be the only place of that work, so it is kept and told (`faults.md`, F-CA04). */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromText, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import type { CachedArtifact } from './cache-folder.ts';
import { forgetEdited, noteEdited, type EditedArtifact } from './edited-files.ts';
import type { TransferContext } from './transfer-context.ts';

/**
 * Moves it beside its place in the cache; its new path. It is told first: a program that dies in between tells of nothing
 * that is not there for longer than until its next start. `facts`: as it was found to be other content.
 */
export async function putAside(
  context: Pick<TransferContext, 'fs' | 'workstation' | 'registry' | 'clock' | 'onWatching'>,
  artifact: CachedArtifact & EditedArtifact,
  path: RawPath,
  facts: FileFacts,
): Promise<RawPath> {
  const aside = await freeName(context, artifact, path);
  await noteEdited(context, artifact, aside, facts);
  try {
    await context.fs.moveProven(path, aside, facts);
  } catch (error) {
    await forgetEdited(context, artifact, aside);
    throw error;
  }
  await forgetCached(context.workstation, artifact.uid);
  return aside;
}

async function freeName(
  { fs }: Pick<TransferContext, 'fs'>,
  { uid, suffix }: CachedArtifact,
  path: RawPath,
): Promise<RawPath> {
  for (let n = 1; ; n++) {
    const aside = joinRaw(splitRaw(path).folder, rawFromText(`edited-${String(n)}-${uid}${suffix}`));
    if ((await fs.look(aside)) === null) return aside;
  }
}
