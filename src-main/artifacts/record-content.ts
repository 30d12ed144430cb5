/** The record of content that was copied into a storage. */
import { stemOf } from '../../shared/uid.ts';
import { linkLabels } from '../annotation/index.ts';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { retireLatest } from './artifact-family.ts';
import type { SaveDetails } from './save-details.ts';

export interface CopiedContent {
  uid: string;
  suffix: string;
  key: string | null;
  size: number;
  hash: string;
  hashType: string;
  sha256: string;
  /** Null for a file. */
  nFiles: number | null;
  storage: StorageRow;
  /** Where the copy lies, below the root. */
  path: RawPath;
}

/** Id of the new artifact, its copy and labels; the newest of `family`, or the first of its own. */
export async function recordContent(
  write: RegistryWrite,
  content: CopiedContent,
  family: ArtifactRow | null,
  details: SaveDetails,
): Promise<number> {
  const { uid, storage } = content;
  if (family !== null) await retireLatest(write, family.stem_uid);
  const [id = 0] = write.insert('artifact', [
    {
      uid,
      stem_uid: stemOf(uid),
      key: content.key ?? family?.key ?? null,
      description: details.description ?? family?.description ?? null,
      suffix: content.suffix,
      kind: details.kind ?? family?.kind ?? null,
      otype: null,
      size: content.size,
      hash: content.hash,
      hash_type: content.hashType,
      sha256: content.sha256,
      n_files: content.nFiles,
      n_observations: null,
      visibility: 1,
      is_latest: 1,
      version: details.version,
      key_is_virtual: 1,
      storage_id: storage.id,
      state: 'ok',
      state_reason: null,
      run_id: write.author.runId,
      created_by_id: write.author.userId,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  insertCopy(write, { id, uid }, storage, content.path);
  await linkLabels(write, [{ id, uid }], details.labelIds);
  return id;
}

export function insertCopy(
  write: RegistryWrite,
  artifact: { id: number; uid: string },
  storage: StorageRow,
  path: RawPath,
): void {
  const { now } = write;
  const copy = {
    artifact_id: artifact.id,
    storage_id: storage.id,
    path: rawToBytes(path),
    verified_at: now,
    created_at: now,
  };
  write.insert('copy', [copy], [artifact.uid]);
}
