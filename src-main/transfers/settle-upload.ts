/**
 * The second half of an upload: verified → recorded → settling → done. The registry names the copy in the store before
 * anything local is touched; then Benchkeep's own copy here (and a file in place, where a person asked for that) moves to
 * the cache, on a proof that is made anew.
 */
import { timestamp } from '../ports/clock.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { beginWithOther } from './begin-with-other.ts';
import { whileContentAlone } from './content-lock.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { moveToCache } from './move-file-to-cache.ts';
import { moveFolderToCache } from './move-folder-to-cache.ts';
import { recordCopies, type Recorded } from './record-copies.ts';
import { removeSentFolder } from './remove-sent-folder.ts';
import { mayGo, replaced } from './settle-place.ts';
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
    const { kind, artifact } = await recordCopy(context, row, storage);
    if (kind === 'other') {
      const { sha256 } = artifact;
      if (sha256 !== null) await beginWithOther(context, row, { ...artifact, sha256 }, storage, tools.signal);
      throw replaced(artifact);
    }
    if (kind === 'taken') throw replaced(artifact);
    if (kind === 'gone') {
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

async function recordCopy(context: TransferContext, row: TransferRow, storage: StorageRow): Promise<Recorded> {
  const [recorded] = await recordCopies(context, [row], storage);
  if (recorded === undefined) throw new Error('Nothing was recorded');
  return recorded;
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
