/**
 * The first half of an upload, to the point where the object in the store is proven to be the content: planned → sending
 * → completing → verified. Each state is committed before its step, and each step can be done again (`object-stores.md`).
 */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import {
  checkRoot,
  offline,
  storeOf,
  type MadeObject,
  type ObjectFacts,
  type ObjectStore,
  type StoreChecksums,
} from '../storage/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { beginUpload, wordsOf } from './begin-upload.ts';
import { isOfFolder } from './folder-in-store.ts';
import { isContent } from './judge-object.ts';
import { runFolderUpload } from './run-folder-upload.ts';
import { isSmall, putSmall, sendContent, type SentContent } from './send-content.ts';
import { sourcePlace } from './source-place.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools } from './transfer-context.ts';

/** How often an upload that the store forgot is begun again in one go. */
const TRIES = 3;

/**
 * The row in state `verified`, or a later one. Errors: `already_exists` where other content is at its place (nothing was
 * replaced; the transfer is over), `file_changed`, `file_not_found` (over, too), `wrong_content` (the store kept other
 * bytes; they were removed), and what may pass: those of the store and of reading.
 */
export async function runUpload(
  context: TransferContext,
  transfer: TransferRow,
  storage: StorageRow,
  tools: TransferTools,
): Promise<TransferRow> {
  if (isOfFolder(transfer)) return runFolderUpload(context, transfer, storage, tools);
  const store = await storeOf(context, storage);
  let row = transfer.state === 'verified' ? await verifiedStill(context, store, transfer, tools) : transfer;
  for (let tries = 0; row.state === 'planned' || row.state === 'sending' || row.state === 'completing'; tries++) {
    if (tries === TRIES) throw lost(storage);
    row = await tryOnce(context, store, row, storage, tools);
  }
  return row;
}

/** As far as it comes; back to `planned` where the store has forgotten what was sent. */
async function tryOnce(
  context: TransferContext,
  store: ObjectStore,
  given: TransferRow,
  storage: StorageRow,
  tools: TransferTools,
): Promise<TransferRow> {
  const { workstation, clock } = context;
  const set = (row: TransferRow, patch: Parameters<typeof updateTransfer>[2]): Promise<TransferRow> =>
    updateTransfer(workstation, row.id, { ...patch, updated_at: timestamp(clock) });
  const key = keyOf(given);
  let row = given;
  if (row.state === 'completing') {
    const done = await lookThere(context, store, row, storage, tools);
    if (done !== null) return done;
  }
  if (row.state === 'planned') {
    const token = isSmall(store, row.size)
      ? null
      : await beginUpload(store, key, row.size, await wordsOf(context, row, tools), tools.signal);
    row = await set(row, { state: 'sending', token, sent: 0 });
  }
  let content: SentContent | null;
  try {
    content = await sendContent(context, { store, key, source: sourceOf(row), token: row.token }, tools);
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'upload_lost') content = null;
    else throw await sourceFailure(context, store, row, error);
  }
  // Some stores make the object with its last part, and know the upload no more.
  if (content === null)
    return (await lookThere(context, store, row, storage, tools)) ?? set(row, { state: 'planned', token: null });
  row = await set(row, { state: 'completing', checksum: JSON.stringify(content.checksums) });
  let failure = content.taken;
  let made: MadeObject | null = null;
  try {
    if (failure === null) made = await complete(context, store, key, row, content, tools);
  } catch (error) {
    // An answer may be lost, or an earlier try was faster: what is there decides.
    if (!(error instanceof BenchkeepError)) throw error;
    failure = error;
  }
  const done = await lookThere(context, store, row, storage, tools, { failure, made });
  return done ?? set(row, { state: 'planned', token: null });
}

/** What was verified in an earlier life of the program may be gone since. */
async function verifiedStill(
  { workstation, clock }: TransferContext,
  store: ObjectStore,
  row: TransferRow,
  { signal }: TransferTools,
): Promise<TransferRow> {
  const there = await store.stat(keyOf(row), { signal });
  if (there !== null && there.version === row.version && (await isSent(store, there, row, signal))) return row;
  return updateTransfer(workstation, row.id, { state: 'completing', updated_at: timestamp(clock) });
}

/** What to tell; where the file is not any more what was to be sent, the upload is over. */
async function sourceFailure(
  context: TransferContext,
  store: ObjectStore,
  row: TransferRow,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof BenchkeepError)) return error;
  if (error.code === 'file_not_found') {
    const place = await sourcePlace(context, row);
    const root = place === null ? null : await checkRoot(context, place.storage);
    if (root?.attached === false) return offline(root.reason);
  }
  if (error.code === 'file_changed' || error.code === 'file_not_found') await giveUp(context, store, row, error);
  return error;
}

async function complete(
  context: TransferContext,
  store: ObjectStore,
  key: string,
  row: TransferRow,
  { small, parts, checksums: { crc32 } }: SentContent,
  tools: TransferTools,
): Promise<MadeObject | null> {
  const { size, token } = row;
  const { signal } = tools;
  if (token !== null) return store.uploads.complete(key, token, parts, { size, crc32 }, { signal });
  const metadata = await wordsOf(context, row, tools);
  return putSmall(store, key, small, { metadata, signal });
}

/** How sending ended: what the store said that it made, or what went wrong. */
interface Sent {
  failure: BenchkeepError | null;
  made: MadeObject | null;
}

/** Looks what is there. Null: nothing, so that it has to be sent; `failure` is thrown where it says more than that. */
async function lookThere(
  context: TransferContext,
  store: ObjectStore,
  row: TransferRow,
  storage: StorageRow,
  { signal, onSent }: TransferTools,
  { failure, made }: Sent = { failure: null, made: null },
): Promise<TransferRow | null> {
  const { workstation, clock } = context;
  const there = await store.stat(keyOf(row), { signal });
  if (there === null) {
    if (failure === null || failure.code === 'upload_lost') return null;
    throw failure;
  }
  if (!(await isSent(store, there, row, signal))) {
    if (made !== null && made.etag !== '' && made.etag === there.etag && made.version === there.version)
      throw await takeBack(context, store, row, storage, there);
    const error = conflict(storage, row);
    await giveUp(context, store, row, error);
    throw error;
  }
  onSent?.(row.size);
  const { version } = there;
  const now = timestamp(clock);
  return updateTransfer(workstation, row.id, { state: 'verified', version, sent: row.size, updated_at: now });
}

export function isSent(
  store: ObjectStore,
  facts: ObjectFacts,
  { size, sha256, checksum }: TransferRow,
  signal: AbortSignal,
): Promise<boolean> {
  const checksums = checksum === null ? {} : (JSON.parse(checksum) as StoreChecksums);
  return isContent(store, facts, { size, sha256, checksums }, signal);
}

/** The object is the one that was made just now, with other bytes than were sent: it must not stay, nor be believed. */
async function takeBack(
  { workstation, clock }: TransferContext,
  store: ObjectStore,
  row: TransferRow,
  { root }: StorageRow,
  { version }: ObjectFacts,
): Promise<BenchkeepError> {
  await store.delete(keyOf(row), { version });
  await updateTransfer(workstation, row.id, { state: 'planned', token: null, updated_at: timestamp(clock) });
  return new BenchkeepError(
    'wrong_content',
    `${root} kept other bytes than were sent to it`,
    'The object was removed again, and the file here was not touched. If it happens again, tell whoever looks after the store.',
    { retry: true },
  );
}

/** It can't come to its end: what lies at the store of it is taken away. */
async function giveUp(
  { workstation, clock }: TransferContext,
  store: ObjectStore,
  row: TransferRow,
  error: BenchkeepError,
): Promise<void> {
  if (row.token !== null) await store.uploads.abort(keyOf(row), row.token);
  const now = timestamp(clock);
  await updateTransfer(workstation, row.id, {
    state: 'cancelled',
    error: JSON.stringify(toErrorData(error)),
    updated_at: now,
  });
}

function conflict({ root }: StorageRow, row: TransferRow): BenchkeepError {
  return new BenchkeepError(
    'already_exists',
    `Something else is at ${root}/${keyOf(row)} already`,
    'Nothing was replaced, neither there nor here. Look what it is: somebody else may write into this storage.',
  );
}

function lost({ root }: StorageRow): BenchkeepError {
  return new BenchkeepError(
    'upload_lost',
    `${root} forgets what is sent to it`,
    'Nothing was lost here. Ask whoever looks after the store whether unfinished uploads are removed too soon.',
    { retry: true },
  );
}
