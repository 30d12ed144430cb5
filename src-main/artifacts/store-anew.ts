/** Content that the registry knows and that was lost comes back under the record that it had. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromText, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { localRoot, OWN_FOLDER } from '../storage/index.ts';
import { endSave, forgetCloudLoss, leaveSave } from '../transfers/index.ts';
import { insertCopy } from './record-content.ts';
import type { SaveDetails } from './save-details.ts';

export interface LostContent {
  artifact: ArtifactRow;
  target: StorageRow;
  details: SaveDetails;
  /** Writes the bytes under `path` (absolute; in a bucket the key), durably. */
  copy: (path: RawPath, uid: string) => Promise<void>;
  /** Whether what lies at a path of this computer is the content. */
  isContentAt: (path: RawPath) => Promise<boolean>;
}

/** Errors: those of `copy`; `already_exists` where other bytes are in its place. */
export async function storeAnew(context: InstanceContext, lost: LostContent): Promise<void> {
  const { artifact, target, copy } = lost;
  const path = joinRaw(OWN_FOLDER, rawFromText(`${artifact.uid}${artifact.suffix}`));
  if (target.type === 'local') await copyHere(context, lost, joinRaw(localRoot(target), path));
  else await copy(path, artifact.uid);
  try {
    await nameAgain(context, lost, path);
  } catch (error) {
    if (target.type !== 'local') await leaveSave(context, { uid: artifact.uid, storage: target });
    throw error;
  }
  if (target.type === 'local') return;
  await forgetCloudLoss(context, target, path);
  await endSave(context, { uid: artifact.uid, storage: target }, 'done');
}

async function nameAgain(
  context: InstanceContext,
  { artifact, target, details }: LostContent,
  path: RawPath,
): Promise<void> {
  await writeRegistry(context, details.author, 'save', async (write) => {
    const there = await write.tx
      .selectFrom('copy')
      .select('id')
      .where('storage_id', '=', target.id)
      .where('path', '=', rawToBytes(path))
      .executeTakeFirst();
    if (there === undefined) insertCopy(write, artifact, target, path);
    else await write.update('copy', there.id, { verified_at: write.now }, artifact.uid);
    await write.update('artifact', artifact.id, { state: 'ok', state_reason: null, updated_at: write.now });
  });
}

async function copyHere(
  context: InstanceContext,
  { artifact, copy, isContentAt }: LostContent,
  path: RawPath,
): Promise<void> {
  await context.fs.makeFolder(splitRaw(path).folder);
  try {
    await copy(path, artifact.uid);
  } catch (error) {
    // A crash left it there whole, before its record.
    if (!(error instanceof BenchkeepError) || error.code !== 'already_exists') throw error;
    if (!(await isContentAt(path))) throw error;
  }
}

/** Other bytes were found in its place: what it was is not there any more. */
export function markChanged(context: InstanceContext, artifact: ArtifactRow, details: SaveDetails): Promise<boolean> {
  return writeRegistry(context, details.author, 'save', (write) =>
    write.update('artifact', artifact.id, {
      state: 'changed',
      state_reason:
        artifact.n_files === null ? 'the file has another size than was recorded' : 'a file is in place of the folder',
      updated_at: write.now,
    }),
  );
}
