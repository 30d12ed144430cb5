/** Brings content from outside to a store, before it has a record; whoever saves writes the record. */
import { timestamp } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromText, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { OWN_FOLDER } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeSaves, activeTransfer, insertTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { runUpload } from './run-upload.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';

export interface StoreSave {
  /** That its record will have. */
  uid: string;
  suffix: string;
  source: RawPath;
  facts: FileFacts;
  sha256: string;
  storage: StorageRow;
}

/** Uids under which this content was being saved there when the program ended: what was sent of them is used. */
export async function begunSaves(
  { workstation }: Pick<TransferContext, 'workstation'>,
  { sha256, storage }: { sha256: string; storage: StorageRow },
): Promise<string[]> {
  const rows = await activeSaves(workstation, { sha256, storageUid: storage.uid });
  return rows.map(({ artifact_uid: uid }) => uid);
}

/** Verified when it returns. Errors: those of `runUpload`. */
export async function saveToStore(
  context: TransferContext,
  save: StoreSave,
  tools: TransferTools,
): Promise<TransferRow> {
  const { workstation, clock } = context;
  const { uid, suffix, storage } = save;
  const now = timestamp(clock);
  const source = { source: rawToBytes(save.source), facts: JSON.stringify(save.facts), updated_at: now };
  const known = await activeTransfer(workstation, { artifactUid: uid, storageUid: storage.uid, direction: 'upload' });
  const row =
    known === null
      ? await insertTransfer(workstation, {
          direction: 'upload',
          purpose: 'save',
          artifact_uid: uid,
          storage_uid: storage.uid,
          path: rawToBytes(joinRaw(OWN_FOLDER, rawFromText(`${uid}${suffix}`))),
          ...source,
          size: save.facts.size,
          sha256: save.sha256,
          state: 'planned',
          created_at: now,
        })
      : await updateTransfer(workstation, known.id, source);
  return runUpload(context, row, storage, tools);
}

/** The record is there, or the object was taken away again. */
export async function endSave(
  { workstation, clock }: Pick<TransferContext, 'workstation' | 'clock'>,
  { uid, storage }: Pick<StoreSave, 'uid' | 'storage'>,
  state: 'done' | 'cancelled',
): Promise<void> {
  const row = await activeTransfer(workstation, { artifactUid: uid, storageUid: storage.uid, direction: 'upload' });
  if (row !== null) await updateTransfer(workstation, row.id, { state, updated_at: timestamp(clock) });
}
