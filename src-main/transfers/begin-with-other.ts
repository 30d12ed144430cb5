/** The content of an artifact was replaced while the one before was sent: what the store got of that goes, if nobody names it. */
import { timestamp } from '../ports/clock.ts';
import { giveWay } from '../ports/give-way.ts';
import { joinRaw, rawFromText, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import { OWN_FOLDER, storeOf, type ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { dropParts } from './end-transfer.ts';
import { isOfFolder, manifestKey, memberKey } from './folder-in-store.ts';
import { readJournal } from './folder-journal.ts';
import { isContent } from './judge-object.ts';
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
    return removeMembers(context, row, store, manifestPath(context, before.uid), signal);
  }
  const there = await store.stat(keyOf(row), { signal });
  if (there !== null && (await isSent(store, there, row, signal)))
    await store.delete(keyOf(row), { version: there.version, signal });
}

/** Those of the content before, with the list of them. What was sent of the new content is not in the way. */
async function removeMembers(
  context: TransferContext,
  row: TransferRow,
  store: ObjectStore,
  manifest: RawPath,
  signal: AbortSignal,
): Promise<void> {
  const turn = giveWay(signal);
  if ((await context.fs.look(manifest)) === null) return;
  await store.delete(manifestKey(row.artifact_uid), { version: row.version, signal });
  const noted = readJournal(context, row);
  try {
    for await (const { path, size, sha256 } of readManifest(manifest)) {
      await turn();
      const note = await noted.next();
      const there = await store.stat(memberKey(keyOf(row), path), { signal });
      if (there === null) continue;
      const isNoted =
        note.done !== true &&
        there.etag !== '' &&
        there.etag === note.value.etag &&
        there.version === note.value.version;
      // The journal was begun anew where members were found to be other ones: then their bytes tell.
      if ((isNoted && there.size === size) || (await isContent(store, there, { size, sha256, checksums: {} }, signal)))
        await store.delete(there.key, { version: there.version, signal });
    }
  } finally {
    await noted.return();
  }
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
