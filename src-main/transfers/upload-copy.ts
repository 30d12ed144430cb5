/** Uploads content that this computer has; goes on with what an earlier try has begun. */
import { timestamp } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromText, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { OWN_FOLDER } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeTransfer, insertTransfer } from '../workstation/transfer-rows.ts';
import { finishUpload } from './finish-upload.ts';
import type { Settled } from './settle-upload.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';

export interface UploadCopy {
  artifact: { uid: string; suffix: string; size: number; sha256: string };
  /** Read just now, and proven to be the content. */
  path: RawPath;
  facts: FileFacts;
  storage: StorageRow;
  /** A file in place goes to the cache, too. */
  isFreed: boolean;
}

/** Errors: those of `finishUpload`. */
export async function uploadCopy(context: TransferContext, copy: UploadCopy, tools: TransferTools): Promise<Settled> {
  const { artifact, path, facts, storage, isFreed } = copy;
  const { workstation, clock } = context;
  const now = timestamp(clock);
  const known = await activeTransfer(workstation, {
    artifactUid: artifact.uid,
    storageUid: storage.uid,
    direction: 'upload',
  });
  const source = { source: rawToBytes(path), facts: JSON.stringify(facts) };
  const row =
    known ??
    (await insertTransfer(workstation, {
      direction: 'upload',
      purpose: 'upload',
      artifact_uid: artifact.uid,
      storage_uid: storage.uid,
      path: rawToBytes(joinRaw(OWN_FOLDER, rawFromText(`${artifact.uid}${artifact.suffix}`))),
      ...source,
      size: artifact.size,
      sha256: artifact.sha256,
      state: 'planned',
      free_up: isFreed ? 1 : 0,
      created_at: now,
      updated_at: now,
    }));
  // The same content from another place goes on just as well: it is read again while it is sent.
  return finishUpload(context, row, tools, source);
}

/** The upload of an artifact to a store that has begun and is not over, or null. */
export function startedUpload(
  { workstation }: Pick<TransferContext, 'workstation'>,
  artifactUid: string,
  storageUid: string,
): Promise<TransferRow | null> {
  return activeTransfer(workstation, { artifactUid, storageUid, direction: 'upload' });
}
