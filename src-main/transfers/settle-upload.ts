/**
 * The second half of an upload: verified → recorded → settling → done. The registry names the copy in the store before
 * anything local is touched; then Benchkeep's own copy here (and a file in place, where a person asked for that) moves to
 * the cache, on a proof that is made anew.
 */
import { timestamp } from '../ports/clock.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { beginWithOther, isOther } from './begin-with-other.ts';
import { whileContentAlone } from './content-lock.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { moveToCache } from './move-file-to-cache.ts';
import { moveFolderToCache } from './move-folder-to-cache.ts';
import { removeSentFolder } from './remove-sent-folder.ts';
import { artifactOf, mayGo, replaced } from './settle-place.ts';
import { copyAt, sourcePlace } from './source-place.ts';
import { keyOf, type TransferContext, type TransferTools } from './transfer-context.ts';

export interface Settled {
  row: TransferRow;
  /** Where the local copy is now, for people; null where it stayed where it was. */
  cached: string | null;
}

/**
 * `transfer` is at least *verified*. Errors: `file_changed` where the object is not any more what was verified (the
 * registry does not name it any more then, and what is gone is sent again by the next try), or where the artifact has other
 * content by now (that is sent by the next try); `offline`, `disk_full`.
 */
export async function settleUpload(
  context: TransferContext,
  transfer: TransferRow,
  storage: StorageRow,
  tools: TransferTools,
): Promise<Settled> {
  const { workstation, clock } = context;
  const set = (state: TransferRow['state'], row: TransferRow): Promise<TransferRow> =>
    updateTransfer(workstation, row.id, { state, updated_at: timestamp(clock) });
  let row = transfer;
  if (row.state === 'verified') {
    const artifact = await recordCopy(context, row, storage);
    if (artifact !== null && isOther(artifact, row)) {
      const { sha256 } = artifact;
      if (sha256 !== null) await beginWithOther(context, row, { ...artifact, sha256 }, storage, tools.signal);
      throw replaced(artifact);
    }
    if (artifact === null) {
      await removeUnwanted(context, row, storage, tools.signal);
      if (isOfFolder(row)) await dropJournal(context, row);
      return { row: await set('cancelled', row), cached: null };
    }
    row = await set('recorded', row);
  }
  if (row.state === 'recorded' && (await hasToGo(context, row))) row = await set('settling', row);
  const settle = (): Promise<string | null> =>
    isOfFolder(row) ? moveFolderToCache(context, row, storage, tools) : moveToCache(context, row, storage, tools);
  const cached = row.state === 'settling' ? await whileContentAlone(context, row.artifact_uid, settle) : null;
  if (isOfFolder(row)) await dropJournal(context, row);
  return { row: await set('done', row), cached };
}

/** Of a file that stays where it is there is nothing to be settled. */
async function hasToGo(context: TransferContext, row: TransferRow): Promise<boolean> {
  const place = await sourcePlace(context, row);
  return place !== null && mayGo(row, place);
}

/**
 * From now on its storage is the one in the cloud. The artifact as it was: nothing is recorded where that has other content
 * by now (`isOther`). Null where it was deleted meanwhile.
 */
async function recordCopy(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
): Promise<ArtifactRow | null> {
  return writeRegistry(context, await context.author(), 'upload', async (write) => {
    const artifact = await artifactOf(context, row, write.tx);
    if (artifact === null || isOther(artifact, row)) return artifact;
    const there = await write.tx
      .selectFrom('copy')
      .selectAll()
      .where('storage_id', '=', storage.id)
      .where('path', '=', row.path)
      .executeTakeFirst();
    if (there === undefined) {
      const copy = { artifact_id: artifact.id, storage_id: storage.id, path: row.path };
      write.insert('copy', [{ ...copy, verified_at: write.now, created_at: write.now }], [artifact.uid]);
    } else if (there.artifact_id !== artifact.id) throw replaced(artifact);
    else await write.update('copy', there.id, { verified_at: write.now }, artifact.uid);
    if (artifact.state === 'changed') await doubtOthers(write, artifact, storage);
    write.updateRow('artifact', artifact, {
      storage_id: storage.id,
      state: 'ok',
      state_reason: null,
      updated_at: write.now,
    });
    return artifact;
  });
}

/** Its state said that one of its copies is other content; from now on it says that the content is safe, so the copies say it. */
async function doubtOthers(write: RegistryWrite, { id, uid }: ArtifactRow, storage: StorageRow): Promise<void> {
  const others = await write.tx
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', id)
    .where('storage_id', '!=', storage.id)
    .where('verified_at', 'is not', null)
    .execute();
  for (const other of others) await write.update('copy', other.id, { verified_at: null }, uid);
}

/** Nobody names the object. */
async function removeUnwanted(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  signal: AbortSignal,
): Promise<void> {
  if ((await copyAt(context, { storage, path: row.path })) !== null) return;
  if (isOfFolder(row)) return removeSentFolder(context, row, await storeOf(context, storage), signal);
  await (await storeOf(context, storage)).delete(keyOf(row), { version: row.version });
}
