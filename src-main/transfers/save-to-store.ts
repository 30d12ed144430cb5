/** Brings content from outside to a store, before it has a record; whoever saves writes the record. */
import { BenchkeepError } from '../../shared/errors.ts';
import { FIRST_VERSION } from '../../shared/uid.ts';
import { timestamp } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeSaves, activeTransfer, insertTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { endTransfer, type EndContext } from './end-transfer.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { runUpload } from './run-upload.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';
import { workAtHand } from './work-at-hand.ts';

export interface StoreSave {
  /** That its record will have. */
  uid: string;
  /** Key below the root. */
  key: RawPath;
  source: RawPath;
  facts: FileFacts;
  /** Bytes of a folder's files; of a file its facts say it. */
  size?: number;
  sha256: string;
  storage: StorageRow;
}

type Saved = Pick<StoreSave, 'uid' | 'storage'>;
type EndSaveContext = EndContext & Pick<TransferContext, 'busyTransfers' | 'onTransfers'>;

/**
 * Uids under which this content was being saved there, with this ending, when the program ended: what was sent of them
 * is used. Those that have a record by now are over.
 */
export async function begunSaves(
  context: EndSaveContext,
  {
    sha256,
    suffix,
    storage,
    isFolder = false,
  }: { sha256: string; suffix: string; storage: StorageRow; isFolder?: boolean },
): Promise<string[]> {
  const uids: string[] = [];
  for (const row of await activeSaves(context.workstation, { sha256, storageUid: storage.uid })) {
    const uid = row.artifact_uid;
    if (context.busyTransfers.has(row.id) || isOfFolder(row) !== isFolder) continue;
    const record = await context.registry.db
      .selectFrom('artifact')
      .select('id')
      .where('uid', '=', uid)
      .executeTakeFirst();
    if (record !== undefined) await endSave(context, { uid, storage }, 'done');
    else if (rawFromBytes(row.path).endsWith(`/${uid}${suffix}`)) uids.push(uid);
  }
  return uids;
}

/**
 * Verified when it returns; nobody else goes on with it before `endSave`. Errors: `already_exists` where the uid was
 * begun with other content, or is being saved by somebody else (it is given up); `locked` where an upload of it is just
 * coming to its end; those of `runUpload`.
 */
export async function saveToStore(
  context: TransferContext,
  save: StoreSave,
  tools: TransferTools,
): Promise<TransferRow> {
  const { workstation, busyTransfers, clock, onTransfers } = context;
  const row = (await activeRow(context, save)) ?? (await begin(context, save));
  if (busyTransfers.has(row.id) || !isOf(row, save)) throw givenUp(save);
  // Its copy here is on its way to the cache, and what is in the store is proven before that ends.
  if (row.state === 'recorded' || row.state === 'settling') throw settling(save);
  const work = workAtHand(clock, row);
  busyTransfers.set(row.id, work);
  onTransfers();
  const onSent = (bytes: number): void => {
    work.told(bytes);
    tools.onSent?.(bytes);
  };
  try {
    const source = { source: rawToBytes(save.source), facts: JSON.stringify(save.facts), updated_at: timestamp(clock) };
    const now = await updateTransfer(workstation, row.id, source);
    return await runUpload(context, now, save.storage, { ...tools, onSent });
  } catch (error) {
    busyTransfers.delete(row.id);
    onTransfers();
    throw error;
  }
}

function activeRow({ workstation }: Pick<TransferContext, 'workstation'>, { uid, storage }: Saved) {
  return activeTransfer(workstation, { artifactUid: uid, storageUid: storage.uid, direction: 'upload' });
}

function begin({ workstation, clock }: TransferContext, save: StoreSave): Promise<TransferRow> {
  const now = timestamp(clock);
  return insertTransfer(workstation, {
    direction: 'upload',
    purpose: 'save',
    artifact_uid: save.uid,
    storage_uid: save.storage.uid,
    path: rawToBytes(save.key),
    source: rawToBytes(save.source),
    facts: JSON.stringify(save.facts),
    size: save.size ?? save.facts.size,
    sha256: save.sha256,
    state: 'planned',
    created_at: now,
    updated_at: now,
  });
}

function isOf(row: TransferRow, { key, facts, size = facts.size, sha256 }: StoreSave): boolean {
  return (
    row.sha256 === sha256 &&
    row.size === size &&
    isOfFolder(row) === (facts.kind === 'folder') &&
    rawFromBytes(row.path) === key
  );
}

function givenUp({ storage, key }: StoreSave): BenchkeepError {
  return new BenchkeepError(
    'already_exists',
    `Something else is being saved as ${storage.root}/${key}`,
    'It gets another number by itself.',
    { retry: true },
  );
}

function settling({ storage, key }: StoreSave): BenchkeepError {
  return new BenchkeepError(
    'locked',
    `The upload to ${storage.root}/${key} is just coming to its end`,
    'Save it again when that is done: benchkeep transfers.',
    { retry: true },
  );
}

/** The record is there (`done`), or there will be none: what was brought there is taken away again, where it may go. */
export async function endSave(context: EndSaveContext, save: Saved, state: 'done' | 'cancelled'): Promise<void> {
  const row = await activeRow(context, save);
  if (row === null) return;
  try {
    if (state === 'cancelled') await endTransfer(context, row, null);
    else {
      if (isOfFolder(row)) await dropJournal(context, row);
      await updateTransfer(context.workstation, row.id, { state, updated_at: timestamp(context.clock) });
    }
  } finally {
    context.busyTransfers.delete(row.id);
    context.onTransfers();
  }
}

/**
 * The record was refused. Nobody else knows of a new artifact; what lies under the number of a next version another
 * computer, which has the turn to write by now, may have found and recorded: it stays, for whoever saves it again.
 */
export async function leaveSave(context: EndSaveContext, save: Saved): Promise<void> {
  if (save.uid.endsWith(FIRST_VERSION)) return endSave(context, save, 'cancelled');
  const row = await activeRow(context, save);
  if (row === null) return;
  context.busyTransfers.delete(row.id);
  context.onTransfers();
}
