/**
 * The second half of an upload: verified → recorded → settling → done. The registry names the copy in the store before
 * anything local is touched; then Benchkeep's own copy here (and a file in place, where a person asked for that) moves to
 * the cache, on a proof that is made anew.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, offline, storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { cacheFolder, cachePath, noteCached } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import { isOfFolder } from './folder-in-store.ts';
import { dropJournal } from './folder-journal.ts';
import { moveFolderToCache } from './move-folder-to-cache.ts';
import { removeSentFolder } from './remove-sent-folder.ts';
import { isSent } from './run-upload.ts';
import { artifactOf, forgetPlace, mayGo, refuseOther, refuseUnnamed, replaced, requireRoom } from './settle-place.ts';
import { copyAt, sourcePlace, wasUnnamed } from './source-place.ts';
import { takeBackCopy } from './take-back-copy.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools, type UploadSource } from './transfer-context.ts';

export interface Settled {
  row: TransferRow;
  /** Where the local copy is now, for people; null where it stayed where it was. */
  cached: string | null;
}

/**
 * `transfer` is at least *verified*. Errors: `file_changed` where the object is not any more what was verified (the
 * registry does not name it any more then, and what is gone is sent again by the next try), `offline`, `disk_full`.
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
    if (!(await recordCopy(context, row, storage))) {
      await removeUnwanted(context, row, storage, tools.signal);
      if (isOfFolder(row)) await dropJournal(context, row);
      return { row: await set('cancelled', row), cached: null };
    }
    row = await set('recorded', row);
  }
  if (row.state === 'recorded') row = await set('settling', row);
  const settle = (): Promise<string | null> =>
    isOfFolder(row) ? moveFolderToCache(context, row, storage, tools) : moveToCache(context, row, storage, tools);
  const cached = row.state === 'settling' ? await whileContentAlone(context, row.artifact_uid, settle) : null;
  if (isOfFolder(row)) await dropJournal(context, row);
  return { row: await set('done', row), cached };
}

/** From now on its storage is the one in the cloud. False where it was deleted meanwhile. */
async function recordCopy(context: TransferContext, row: TransferRow, storage: StorageRow): Promise<boolean> {
  return writeRegistry(context, await context.author(), 'upload', async (write) => {
    const artifact = await artifactOf(context, row, write.tx);
    if (artifact === null) return false;
    refuseOther(artifact, row);
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
    write.updateRow('artifact', artifact, {
      storage_id: storage.id,
      state: 'ok',
      state_reason: null,
      updated_at: write.now,
    });
    return true;
  });
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

/** Only what is Benchkeep's own, or what a person wanted freed. Its new path, or null. */
async function moveToCache(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  { signal }: TransferTools,
): Promise<string | null> {
  const artifact = await artifactOf(context, row);
  const place = await sourcePlace(context, row);
  if (artifact === null || artifact.sha256 === null || place === null || !mayGo(row, place)) return null;
  const root = await checkRoot(context, place.storage);
  if (!root.attached) throw offline(root.reason);
  const copy = await copyAt(context, place);
  if (copy === null ? !(await wasUnnamed(context, artifact.uid, place)) : copy.artifact_id !== artifact.id) return null;
  const source = sourceOf(row);
  const target = cachePath(context, artifact);
  const now = await context.fs.look(source.path);
  if (now !== null) await requireRoom(context, target, now);
  await proveAgain(context, row, storage, signal);
  if (copy !== null) {
    // Somebody wrote into it: what it is now, the next look at it says.
    if (now === null || !sameFacts(now, source.facts)) return null;
    // So is what somebody put where it would go.
    const there = await context.fs.look(target);
    if (there !== null && !(await isContentAt(context, target, artifact.sha256))) return null;
    await writeRegistry(context, await context.author(), 'to cache', async (write) => {
      await refuseUnnamed(write, artifact, row, storage, copy);
      write.note = `Its copy in ${rawToDisplay(source.path)} went to the cache: the one in ${storage.root} is verified.`;
      write.removeRow('copy', copy, artifact.uid);
    });
  }
  await bringToCache(context, source, target, signal);
  await forgetPlace(context, place);
  const facts = await context.fs.look(target);
  if (facts?.kind !== 'file') return null;
  if (!isSameFile(facts, source.facts) && !(await isContentAt(context, target, artifact.sha256))) return null;
  await noteCached(context, { ...artifact, sha256: artifact.sha256 }, facts);
  return rawToDisplay(target);
}

/** The registry does not name the file any more. Done again after a crash, from wherever that left it. */
async function bringToCache(
  context: TransferContext,
  source: UploadSource,
  target: RawPath,
  signal: AbortSignal,
): Promise<void> {
  const { fs, folder } = context;
  const left = await fs.look(source.path);
  if (left === null || !isSameFile(left, source.facts)) return;
  await fs.makeFolder(cacheFolder({ folder }), 0o700);
  const there = await fs.look(target);
  const place = there ?? (await fs.look(cacheFolder({ folder })));
  if (there === null && place?.dev === left.dev) return fs.moveProven(source.path, target, left);
  if (there === null)
    await fs.copyFsyncMoveIn({ source: source.path, target, expected: left, sha256: source.sha256, signal });
  // Of another inode: what lies there may have been worked on since it was fetched.
  else if (there.ino !== left.ino && !(await isContentAt(context, target, source.sha256))) return;
  await fs.unlinkProven(source.path, left);
}

/** The very file that was read, under whatever name: names that come and go change its ctime only. */
function isSameFile(now: FileFacts, then: FileFacts): boolean {
  return now.ino === then.ino && now.mtimeNs === then.mtimeNs && now.size === then.size;
}

async function isContentAt({ hasher }: TransferContext, path: RawPath, sha256: string): Promise<boolean> {
  const [outcome] = await hasher.hashFiles([path], {});
  return outcome?.kind === 'hashed' && outcome.sha256 === sha256;
}

/** The very object that was verified is still there. */
async function proveAgain(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  signal: AbortSignal,
): Promise<void> {
  const store = await storeOf(context, storage);
  const facts = await store.stat(keyOf(row), { version: row.version, signal });
  if (facts !== null && facts.version === row.version && (await isSent(store, facts, row, signal))) return;
  const there = facts ?? (await store.stat(keyOf(row), { signal }));
  const error = new BenchkeepError(
    'file_changed',
    `${storage.root}/${rawToDisplay(rawFromText(keyOf(row)))} was replaced or removed after it was verified`,
    'The copy here stays where it is. Look who else writes into this storage.',
  );
  await takeBackCopy(context, row, storage, { isGone: there === null, error });
  throw error;
}
