/**
 * The first half of the upload of a folder, to the point where all of it is proven in the store: planned → sending →
 * completing → verified. Its manifest goes last: until then nobody takes what is there for the folder.
 */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, offline, storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { wordsOf } from './begin-upload.ts';
import { beginWithOther, isOther } from './begin-with-other.ts';
import { digestOfManifest, manifestKey, refuseUnkeepable } from './folder-in-store.ts';
import { beginJournal, dropJournal, openJournal } from './folder-journal.ts';
import { missingManifest, missingMember } from './prove-folder.ts';
import { removeSentFolder } from './remove-sent-folder.ts';
import { sendMember } from './send-member.ts';
import { sendMembers } from './send-members.ts';
import { artifactOf, replaced } from './settle-place.ts';
import { sourcePlace } from './source-place.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools } from './transfer-context.ts';

/** How often members that were lost meanwhile are sent anew in one go. */
const TRIES = 3;

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
  for (let tries = 0; row.state === 'planned' || row.state === 'sending' || row.state === 'completing'; tries++) {
    if (tries === TRIES) throw unstable(storage, row);
    if (row.state === 'planned') {
      const { signal } = tools;
      await refuseUnkeepable({ manifest, folder: keyOf(row) }, storage, signal).catch((error: unknown) =>
        refused(context, { store, row, storage }, tools, error),
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
    await refused(context, { store, row, storage }, tools, error);
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
  if (facts === null || (await digestOfManifest(store, facts, signal))?.text !== row.sha256) {
    const error = new BenchkeepError(
      'already_exists',
      `Something else is at ${shown} already`,
      'Nothing was replaced, neither there nor here. Look what it is: somebody else may write into this storage.',
    );
    return refused(context, { store, row, storage }, tools, error);
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

/** What no further try makes better: the upload is over. */
const OVER: ReadonlySet<string> = new Set(['already_exists', 'file_changed', 'file_not_found', 'invalid_key']);

/**
 * What is there of it stays: another computer may be at work on the same, and who asks for it again uses it. Where its content
 * was replaced meanwhile it goes: it would be in the way of what is sent by the next try.
 */
async function refused(
  context: TransferContext,
  { store, row, storage }: Pick<FolderUpload, 'store' | 'row' | 'storage'>,
  tools: Pick<TransferTools, 'manifest' | 'signal'>,
  error: unknown,
): Promise<never> {
  if (!(error instanceof BenchkeepError) || !OVER.has(error.code)) throw error;
  if (error.code === 'file_not_found') {
    const place = await sourcePlace(context, row);
    const root = place === null ? null : await checkRoot(context, place.storage);
    if (root?.attached === false) throw offline(root.reason);
  }
  const artifact = row.purpose === 'upload' ? await artifactOf(context, row) : null;
  if (artifact !== null && artifact.sha256 !== null && isOther(artifact, row)) {
    await beginWithOther(context, row, { ...artifact, sha256: artifact.sha256 }, storage, tools.signal);
    throw replaced(artifact);
  }
  await abortMembers(store, row);
  // Of what has no record yet nobody else knows.
  if (row.purpose === 'save') await removeSentFolder(context, row, store, new AbortController().signal, tools);
  await dropJournal(context, row);
  await updateTransfer(context.workstation, row.id, {
    state: 'cancelled',
    error: JSON.stringify(toErrorData(error)),
    updated_at: timestamp(context.clock),
  });
  throw error;
}

/** Unfinished uploads of large members. */
export async function abortMembers(store: ObjectStore, row: TransferRow, signal?: AbortSignal): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  for await (const { key, token } of store.uploads.list(`${keyOf(row)}/`, call))
    await store.uploads.abort(key, token, call);
}

function unstable({ root }: StorageRow, row: TransferRow): BenchkeepError {
  return new BenchkeepError(
    'upload_lost',
    `${root} does not keep what is sent to ${keyOf(row)}`,
    'Nothing was lost here. Look who else writes into this storage.',
    { retry: true },
  );
}

function unreadable(manifest: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_unreadable',
    `The list of what is in the folder can't be read: ${rawToDisplay(manifest)}`,
    'Let the folder be registered anew: benchkeep watch --once, or save it again.',
    { retry: true },
  );
}
