/** The content of an artifact was replaced while the one before was sent: what the store got of that goes, if nobody names it. */
import { timestamp } from '../ports/clock.ts';
import { joinRaw, rawFromText, rawToBytes } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import { OWN_FOLDER, storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { dropParts } from './end-transfer.ts';
import { isOfFolder } from './folder-in-store.ts';
import { removeSentFolder } from './remove-sent-folder.ts';
import { isSent } from './run-upload.ts';
import { copyAt } from './source-place.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';

/** Is it other content than what the transfer sends? */
export function isOther({ sha256, size }: ArtifactRow, row: TransferRow): boolean {
  return sha256 !== row.sha256 || size !== row.size;
}

/**
 * The transfer, *planned* anew with the content that the artifact has now. The old bytes are a version in the trash; at the
 * key of the artifact they would be in the way. Errors: those of the store; then nothing of the transfer was changed.
 */
export async function beginWithOther(
  context: TransferContext,
  row: TransferRow,
  artifact: ArtifactRow & { sha256: string },
  storage: StorageRow,
  signal: AbortSignal,
): Promise<TransferRow> {
  const isNamed = (await copyAt(context, { storage, path: row.path })) !== null;
  if (row.state !== 'planned' && !isNamed) await removeSent(context, row, artifact, storage, signal);
  await dropParts(context, row);
  const { uid, suffix, sha256, size } = artifact;
  return updateTransfer(context.workstation, row.id, {
    state: 'planned',
    path: rawToBytes(joinRaw(OWN_FOLDER, rawFromText(`${uid}${suffix}`))),
    sha256,
    size,
    token: null,
    checksum: null,
    version: null,
    sent: 0,
    updated_at: timestamp(context.clock),
  });
}

/** Only what is found to be these very bytes: what somebody else put there stays. */
async function removeSent(
  context: TransferContext,
  row: TransferRow,
  artifact: ArtifactRow,
  storage: StorageRow,
  signal: AbortSignal,
): Promise<void> {
  const store = await storeOf(context, storage);
  if (isOfFolder(row)) {
    const before = await versionWith(context, artifact, row);
    if (before === null) return;
    return removeSentFolder(context, row, store, signal, { manifest: manifestPath(context, before.uid) });
  }
  const there = await store.stat(keyOf(row), { signal });
  if (there !== null && (await isSent(store, there, row, signal)))
    await store.delete(keyOf(row), { version: there.version, signal });
}

/** What was replaced is a version of the same family, with its manifest. */
async function versionWith(
  { registry }: TransferContext,
  { id, stem_uid: stem }: ArtifactRow,
  { sha256 }: TransferRow,
): Promise<ArtifactRow | null> {
  const found = await registry.db
    .selectFrom('artifact')
    .selectAll()
    .where('stem_uid', '=', stem)
    .where('sha256', '=', sha256)
    .where('id', '!=', id)
    .executeTakeFirst();
  return found ?? null;
}
