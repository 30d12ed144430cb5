/**
 * Is what the registry calls verified in a store still there? Asked before a person is told that content is saved already:
 * others may have been at the bucket since. Of the content nothing is read there.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertOurs, judgeObject, objectOfCopy, storeOf, type ObjectFacts } from '../storage/index.ts';
import { isAsStored, markCloudCopy, type CloudLoss } from '../transfers/index.ts';
import { objectsOf, type DeletionObject } from './plan-deletion.ts';
import type { SaveTools } from './save-details.ts';
import { refuseIfStopped } from './tell-progress.ts';
import { whatIsLeft } from './what-is-left.ts';

/** The content on this computer, as it was just read; of a folder nothing is compared but what is there. */
export interface ReadHere {
  path: RawPath;
  facts: FileFacts;
  sha256: string;
}

/**
 * Copies that are gone, or are something else by now, count no more from here on, and the inbox says so. True where one still
 * counts, also because its store does not tell: then the person is warned. `only`: in this storage. Errors: `file_changed`
 * and `file_not_found` of the content here.
 */
export async function isStillInCloud(
  context: InstanceContext,
  artifact: ArtifactRow,
  { here, only = null }: { here: ReadHere; only?: StorageRow | null },
  { signal, warn }: SaveTools,
): Promise<boolean> {
  let isThere = false;
  for (const place of await objectsOf(context.registry.db, artifact)) {
    if (place.copy.verified_at === null || (only !== null && place.storage.id !== only.id)) continue;
    let told: 'there' | CloudLoss | ObjectFacts;
    try {
      told = await lookAt(context, artifact, place, signal);
    } catch (error) {
      if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
      isThere = true;
      warn(
        `It is known to be at ${place.address}; whether it still is could not be looked at: ${error.message}. ${error.remedy}`,
      );
      continue;
    }
    const loss = typeof told === 'string' ? told : await compare(context, told, here, signal);
    if (loss === 'there') isThere = true;
    else await markCloudCopy(context, artifact, place, loss);
  }
  return isThere;
}

const LEFT = { all: 'there', part: 'cloud-mismatch', none: 'cloud-gone' } as const;

/**
 * Facts of an object of which only the content tells whether it is the one. Errors: those of the store; where something is
 * missing, also `storage_managed_elsewhere`: the address may lead to another server, which says nothing of ours.
 */
async function lookAt(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: DeletionObject,
  signal: AbortSignal,
): Promise<'there' | CloudLoss | ObjectFacts> {
  const told = await whatIsAt(context, artifact, place, signal);
  if (told !== 'there' && place.storage.managed === 1) await assertOurs(context, place.storage);
  return told;
}

async function whatIsAt(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: DeletionObject,
  signal: AbortSignal,
): Promise<'there' | CloudLoss | ObjectFacts> {
  if (artifact.n_files !== null) return LEFT[await whatIsLeft(context, artifact, place, signal)];
  const store = await storeOf(context, place.storage);
  const { key, version } = objectOfCopy(place.storage, place.copy);
  const facts = await store.stat(key, { signal, version });
  if (facts === null) return 'cloud-gone';
  const judged = judgeObject(store.kind, facts, artifact);
  if (judged === 'unknown') return facts;
  return judged === 'same' ? 'there' : 'cloud-mismatch';
}

/** The same bytes may have been sent in another way: what the store computed of them tells. */
async function compare(
  { fs }: InstanceContext,
  facts: ObjectFacts,
  here: ReadHere,
  signal: AbortSignal,
): Promise<'there' | 'cloud-mismatch'> {
  try {
    return (await isAsStored(fs, facts, here, signal)) ? 'there' : 'cloud-mismatch';
  } catch (error) {
    refuseIfStopped(signal);
    throw error;
  }
}
