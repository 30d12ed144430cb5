/**
 * The first half of an upload, to the point where the object in the store is proven to be the content: planned → sending
 * → completing → verified. Each state is committed before its step, and each step can be done again (`object-stores.md`).
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { storeOf, type MadeObject, type ObjectFacts, type ObjectStore, type StoreChecksums } from '../storage/index.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { beginUpload, wordsOf } from './begin-upload.ts';
import { endTransfer } from './end-transfer.ts';
import { isOfFolder } from './folder-in-store.ts';
import { isContent } from './judge-object.ts';
import { forgotten, isMade, isToBeSentAgain, otherThere, removeWrong, TRIES } from './judge-sent.ts';
import { runFolderUpload } from './run-folder-upload.ts';
import { isSmall, putSmall, sendContent, type SentContent } from './send-content.ts';
import { restless, sameSourceNow } from './same-source.ts';
import { refuseAway } from './source-place.ts';
import { noteMade } from './unrecorded.ts';
import { isSourceLost, UNPROVEN } from './upload-states.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools } from './transfer-context.ts';

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
  for (let tries = 0; UNPROVEN.has(row.state); tries++) {
    if (tries === TRIES) throw forgotten(addressOf(storage, row));
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
  // Of what goes in one request nothing is there before it: that is written down when all of it was read.
  if (row.state === 'planned' && !isSmall(store, row.size)) {
    const token = await beginUpload(store, key, row.size, await wordsOf(context, row, tools), tools.signal);
    row = await set(row, { state: 'sending', token, sent: 0 });
  }
  const sent = await send(context, store, row, tools);
  ({ row } = sent);
  const { content } = sent;
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

/** `content` null: the store forgot the upload. A file that got another name, or whose status alone changed, is read anew. */
async function send(
  context: TransferContext,
  store: ObjectStore,
  given: TransferRow,
  tools: TransferTools,
): Promise<{ row: TransferRow; content: SentContent | null }> {
  let row = given;
  for (let looks = 1; ; looks++) {
    try {
      const { token } = row;
      const content = await sendContent(context, { store, key: keyOf(row), source: sourceOf(row), token }, tools);
      return { row, content };
    } catch (error) {
      if (error instanceof BenchkeepError && error.code === 'upload_lost') return { row, content: null };
      const now = isSourceLost(error) ? await sameSourceNow(context, sourceOf(row), tools) : null;
      if (now === null) throw await sourceFailure(context, row, error, tools);
      if (looks === TRIES) throw restless(now);
      const source = { source: rawToBytes(now.path), facts: JSON.stringify(now.facts) };
      row = await updateTransfer(context.workstation, row.id, { ...source, updated_at: timestamp(context.clock) });
    }
  }
}

/** What to tell; where the file is not any more what was to be sent, the upload is over. */
async function sourceFailure(
  context: TransferContext,
  row: TransferRow,
  error: unknown,
  { signal }: TransferTools,
): Promise<unknown> {
  if (!isSourceLost(error)) return error;
  if (error.code === 'file_not_found') await refuseAway(context, row);
  return ended(context, row, error, signal);
}

/** It can't come to its end. Returns why. */
async function ended(
  context: TransferContext,
  row: TransferRow,
  reason: BenchkeepError,
  signal: AbortSignal,
): Promise<BenchkeepError> {
  await endTransfer(context, row, reason, { signal });
  return reason;
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
    if (failure !== null && !isToBeSentAgain(failure)) throw failure;
    return null;
  }
  const shown = addressOf(storage, row);
  if (!(await isSent(store, there, row, signal))) {
    if (!isMade(made, there)) throw await ended(context, row, otherThere(shown), signal);
    const error = await removeWrong(store, there, shown);
    await updateTransfer(workstation, row.id, { state: 'planned', token: null, updated_at: timestamp(clock) });
    throw error;
  }
  onSent?.(row.size);
  const { version } = there;
  const checksum = isMade(made, there) ? noteMade(row, there) : row.checksum;
  const now = timestamp(clock);
  return updateTransfer(workstation, row.id, { state: 'verified', version, checksum, sent: row.size, updated_at: now });
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

function addressOf({ root }: StorageRow, row: TransferRow): string {
  return `${root}/${keyOf(row)}`;
}
