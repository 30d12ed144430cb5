/** The first half of coming back: the content lies whole beside its place, and what is to be done with it is written down. */
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, offline } from '../storage/index.ts';
import { layDown } from './lay-down.ts';
import { writeReturn, type PendingReturn } from './pending-returns.ts';
import type { ReturnPlace } from './return-place.ts';

/** Null where the cache has it no more. Errors: `offline`, those of `layDown` and of the disk; then nothing of it is left there. */
export async function beginReturn(
  context: InstanceContext,
  artifact: ArtifactRow & { sha256: string },
  { storage, relative, mtimeNs, isInPlace }: ReturnPlace,
  { source, arriving }: { source: RawPath; arriving: RawPath },
  signal: AbortSignal,
): Promise<PendingReturn | null> {
  const { fs } = context;
  const { uid, sha256 } = artifact;
  let begun: PendingReturn | null = null;
  try {
    const laid = await layDown(context, artifact, { source, arriving, mtimeNs }, signal);
    if (laid === null) return null;
    await requireRoot(context, storage);
    await fs.makeFolder(splitRaw(joinRaw(localRoot(storage), relative)).folder);
    const missing = artifact.state === 'missing' ? { reason: artifact.state_reason, home: artifact.storage_id } : null;
    const to = { storageUid: storage.uid, relative, isInPlace };
    const pending: PendingReturn = { uid, sha256, arriving, missing, ...laid, ...to };
    await writeReturn(context, pending);
    begun = pending;
    return begun;
  } finally {
    // Nobody knows of it: it would take its room until the next start. Why it can't come back is what is told.
    if (begun === null) await takeAway(context, artifact, arriving).catch(() => undefined);
  }
}

function takeAway({ fs }: InstanceContext, { n_files: nFiles }: ArtifactRow, arriving: RawPath): Promise<void> {
  return nFiles === null ? fs.removeOwnFile(arriving) : fs.removeTemporaryFolder(arriving);
}

/** Error: `offline`. */
export async function requireRoot(context: InstanceContext, storage: StorageRow): Promise<void> {
  const root = await checkRoot(context, storage);
  if (!root.attached) throw offline(root.reason);
}
