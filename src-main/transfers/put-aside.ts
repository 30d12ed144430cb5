/** A file of the cache that somebody worked on: it may be the only place of that work, so it is kept and told (`faults.md`, F-CA04). */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { DAMAGED, inboxStatements } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import type { CachedArtifact } from './cache-folder.ts';
import { cloudCopies } from './prove-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

/** Cause of the entry in the inbox. */
export const EDITED = 'edited';

/** Moves it beside its place in the cache; its new path. `facts`: as it was found to be other content. */
export async function putAside(
  context: Pick<TransferContext, 'fs' | 'workstation' | 'registry' | 'clock' | 'onWatching'>,
  artifact: CachedArtifact & { id: number },
  path: RawPath,
  facts: FileFacts,
): Promise<RawPath> {
  const aside = await freeName(context, artifact, path);
  await context.fs.moveProven(path, aside, facts);
  await forgetCached(context.workstation, artifact.uid);
  await tell(context, artifact, aside, facts);
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

async function tell(
  context: Pick<TransferContext, 'workstation' | 'registry' | 'clock' | 'onWatching'>,
  { id, uid }: { id: number; uid: string },
  aside: RawPath,
  facts: FileFacts,
): Promise<void> {
  const [place] = await cloudCopies(context, id);
  if (place === undefined) return;
  const { workstation, clock } = context;
  const { find, put } = inboxStatements(workstation);
  const path = rawFromBytes(place.copy.path);
  if (find(place.storage.uid, path)?.cause === DAMAGED) return;
  const shown = rawToDisplay(aside);
  await writeWorkstation(workstation, () => {
    put(place.storage.uid, {
      path,
      facts,
      state: 'failed',
      cause: EDITED,
      reason: `The file that was fetched of it was edited. That work is kept in ${shown}. Make it the next version: benchkeep save ${JSON.stringify(shown)} --revises ${uid}.`,
      since: clock.now(),
      next: null,
      attempts: 1,
    });
  });
  context.onWatching('inbox');
}
