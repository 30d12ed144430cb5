/**
 * The first half of the upload of a folder, to the point where all of it is proven in the store: planned → sending →
 * completing → verified. Its manifest goes last: until then nobody takes what is there for the folder.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { wordsOf } from './begin-upload.ts';
import { beginWithOther, isOther } from './begin-with-other.ts';
import { endTransfer } from './end-transfer.ts';
import { digestOfManifest, manifestKey, refuseUnkeepable } from './folder-in-store.ts';
import { beginJournal, openJournal } from './folder-journal.ts';
import { forgotten, otherThere, TRIES } from './judge-sent.ts';
import { missingManifest, missingMember } from './prove-folder.ts';
import { sendMember } from './send-member.ts';
import { sendMembers } from './send-members.ts';
import { artifactOf, replaced } from './settle-place.ts';
import { refuseAway } from './source-place.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools } from './transfer-context.ts';
import { endsUpload, UNPROVEN } from './upload-states.ts';

/**
 * The row in state `verified`, or a later one. Errors: as of `runUpload`, with the member named; `invalid_key` where the
 * store can't hold a name in it.
 */
export async function runFolderUpload(
  context: TransferContext,
  transfer: TransferRow,
  storage: StorageRow,
  tools: TransferTools,
): Promise<TransferRow> {
  const { workstation, clock } = context;
  const set = (row: TransferRow, patch: Parameters<typeof updateTransfer>[2]): Promise<TransferRow> =>
    updateTransfer(workstation, row.id, { ...patch, updated_at: timestamp(clock) });
  const store = await storeOf(context, storage);
  const manifest = tools.manifest ?? manifestPath(context, transfer.artifact_uid);
  let row = transfer;
  if (row.state === 'verified') {
    const { signal } = tools;
    const missing =
      (await missingManifest(store, row, signal)) ?? (await missingMember(context, { store, row, manifest }, signal));
    if (missing === null) return row;
    await beginJournal(context, row, { askAll: true });
    row = await set(row, { state: 'planned', sent: 0 });
  }
  for (let tries = 0; UNPROVEN.has(row.state); tries++) {
    if (tries === TRIES) throw forgotten(`${storage.root}/${keyOf(row)}`);
    if (row.state === 'planned') {
      const { signal } = tools;
      await refuseUnkeepable({ manifest, folder: keyOf(row) }, storage, signal).catch((error: unknown) =>
        refused(context, row, storage, error, signal),
      );
      if (await isBegun(store, row, signal)) await askAll(context, row);
      row = await set(row, { state: 'sending', sent: 0 });
    }
    if (row.state === 'sending') {
      await send(context, { store, row, storage, manifest }, tools);
      row = await set(row, { state: 'completing' });
    }
    const missing = await missingMember(context, { store, row, manifest }, tools.signal);
    if (missing === null) row = await complete(context, { store, row, storage, manifest }, tools);
    else {
      // Somebody else removed or replaced it since it was verified.
      await beginJournal(context, row, { askAll: true });
      row = await set(row, { state: 'planned', sent: 0 });
    }
  }
  return row;
}

interface FolderUpload {
  store: ObjectStore;
  row: TransferRow;
  storage: StorageRow;
  manifest: RawPath;
}

/** Something lies below its key: begun by another computer, or by this one before its journal was lost. */
async function isBegun(store: ObjectStore, row: TransferRow, signal: AbortSignal): Promise<boolean> {
  for await (const _ of store.list(`${keyOf(row)}/`, { signal })) return true;
  return false;
}

async function askAll(context: TransferContext, row: TransferRow): Promise<void> {
  const { count } = await openJournal(context, row);
  if (count === 0) await beginJournal(context, row, { askAll: true });
}

async function send(
  context: TransferContext,
  { store, row, storage, manifest }: FolderUpload,
  tools: TransferTools,
): Promise<void> {
  const key = keyOf(row);
  const journal = await openJournal(context, row);
  const shown = `${storage.root}/${key}`;
  try {
    await sendMembers(context, { store, key, shown, folder: sourceOf(row).path, manifest, journal }, tools);
  } catch (error) {
    await refused(context, row, storage, error, tools.signal);
  }
}

/** The manifest, last. One that another computer put may be compressed otherwise: its text tells. */
async function complete(
  context: TransferContext,
  { store, row, storage, manifest }: FolderUpload,
  tools: TransferTools,
): Promise<TransferRow> {
  const { signal } = tools;
  const { workstation, clock } = context;
  const key = manifestKey(row.artifact_uid);
  const shown = `${storage.root}/${key}`;
  const there = await store.stat(key, { signal });
  let facts: ObjectFacts | null = there;
  if (there === null) facts = await putManifest(context, { store, row, storage, manifest }, tools);
  // Whoever was faster took it away again.
  if (facts === null) throw forgotten(shown);
  if ((await digestOfManifest(store, facts, signal))?.text !== row.sha256) {
    return refused(context, row, storage, otherThere(shown), signal);
  }
  tools.onSent?.(row.size);
  const { version, etag, size } = facts;
  return updateTransfer(workstation, row.id, {
    state: 'verified',
    version,
    checksum: JSON.stringify({ etag, size }),
    sent: row.size,
    updated_at: timestamp(clock),
  });
}

/** Null where another one was there sooner, and is another. */
async function putManifest(
  context: TransferContext,
  { store, row, storage, manifest }: FolderUpload,
  tools: TransferTools,
): Promise<ObjectFacts | null> {
  const key = manifestKey(row.artifact_uid);
  const [read] = await context.hasher.hashFiles([manifest], { signal: tools.signal });
  if (read?.kind !== 'hashed') throw unreadable(manifest);
  const source = { path: manifest, facts: read.facts, sha256: read.sha256 };
  const metadata = await wordsOf(context, row, tools);
  try {
    const request = { store, key, shown: `${storage.root}/${key}`, source, ask: false, metadata };
    return await sendMember(context, request, { signal: tools.signal });
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'already_exists') return store.stat(key, tools);
    throw error;
  }
}

/**
 * What is there of it stays: another computer may be at work on the same, and who asks for it again uses it. Where its content
 * was replaced meanwhile it goes: it would be in the way of what is sent by the next try.
 */
async function refused(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  error: unknown,
  signal: AbortSignal,
): Promise<never> {
  if (!endsUpload(error)) throw error;
  if (error.code === 'file_not_found') await refuseAway(context, row);
  const artifact = row.purpose === 'upload' ? await artifactOf(context, row) : null;
  if (artifact !== null && artifact.sha256 !== null && isOther(artifact, row)) {
    await beginWithOther(context, row, { ...artifact, sha256: artifact.sha256 }, storage, signal);
    throw replaced(artifact);
  }
  await endTransfer(context, row, error, { signal });
  throw error;
}

function unreadable(manifest: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_unreadable',
    `The list of what is in the folder can't be read: ${rawToDisplay(manifest)}`,
    'Let the folder be registered anew: benchkeep watch --once, or save it again.',
    { retry: true },
  );
}
