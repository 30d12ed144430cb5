/**
 * A folder that is verified in the cloud goes from its place on this computer to the cache: as a whole, on a proof that
 * is made anew. What somebody wrote into it, put beside its files, or registered of them keeps it where it is.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { cacheFolder, lookOfArtifact, noteCached } from './cache-folder.ts';
import { copyFolder } from './copy-folder.ts';
import { isFolderContentAt } from './folder-here.ts';
import { beginJournal, hasJournal } from './folder-journal.ts';
import { giveBack, type Leaving } from './give-back.ts';
import { endLeaving, isFolderAsSent, leavePlace } from './leave-place.ts';
import { mayLeave, nameCacheInstead } from './name-cache-instead.ts';
import { missingManifest, missingMember, type Missing } from './prove-folder.ts';
import { forgetPlace, requireRoom } from './settle-place.ts';
import type { SourcePlace } from './source-place.ts';
import { takeBackCopy } from './take-back-copy.ts';
import { keyOf, type TransferContext, type TransferTools } from './transfer-context.ts';

/** Its new path, for people; null where it stayed. Errors: `file_changed` (not there any more), `offline`, `disk_full`. */
export async function moveFolderToCache(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  { signal }: TransferTools,
): Promise<string | null> {
  const may = await mayLeave(context, row);
  if (may === null) return null;
  const { leaving, copy, sha256 } = may;
  const { artifact, place, source, target } = leaving;
  if (copy !== null && (await isShared(context, place))) return null;
  const isCopied = (): Promise<boolean> => isFolderContentAt(context, artifact.uid, target);
  const hasLeft = await endLeaving(context, row, source, isCopied);
  const now = hasLeft ? null : await context.fs.look(source);
  const author = await context.author();
  if (now !== null) {
    // It came to its end before: what stayed, stays.
    if (!(await hasJournal(context, row))) return null;
    await requireRoom(context, target, { dev: now.dev, size: artifact.size });
    await proveAgain(context, row, storage, signal);
    // Somebody works on it: what it is now, the next look at it says. So is what somebody put where it would go.
    const stays = !(await isFolderAsSent(context, row, source, place.isOwn));
    if (stays || ((await context.fs.look(target)) !== null && !(await isCopied()))) {
      if (copy === null) await giveBack(context, leaving, !stays);
      return null;
    }
  }
  if (copy !== null) {
    if (now === null) return null;
    await nameCacheInstead(context, author, leaving, { copy, row, storage });
  }
  if (now !== null && !(await bring(context, row, leaving, signal))) {
    await giveBack(context, leaving, false);
    return null;
  }
  await forgetPlace(context, place);
  const look = await lookOfArtifact(context, target, { uid: artifact.uid, sha256 });
  if (look?.looks === undefined) {
    await giveBack(context, leaving, false);
    return null;
  }
  await noteCached(context, { ...artifact, sha256 }, look);
  return rawToDisplay(target);
}

/** Other records name something in it, or a folder that it is in. */
async function isShared({ registry }: TransferContext, { storage, path }: SourcePlace): Promise<boolean> {
  const parts = path.toString('latin1').split('/');
  const above = parts.slice(1).map((_, i) => Buffer.from(parts.slice(0, i + 1).join('/'), 'latin1'));
  const [from, to] = ['/', '0'].map((end) => Buffer.concat([path, Buffer.from(end)])) as [Buffer, Buffer];
  const other = await registry.db
    .selectFrom('copy')
    .select('id')
    .where('storage_id', '=', storage.id)
    .where((where) =>
      // `0` is what comes after `/`.
      where.or([
        where.and([where('path', '>=', from), where('path', '<', to)]),
        ...(above.length === 0 ? [] : [where('path', 'in', above)]),
      ]),
    )
    .executeTakeFirst();
  return other !== undefined;
}

/**
 * The registry does not name it any more. Done again after a crash, from wherever that left it. False where it stays:
 * somebody came to it since it was looked at.
 */
async function bring(
  context: TransferContext,
  row: TransferRow,
  { artifact: { uid }, place: { isOwn }, source, target }: Leaving,
  signal: AbortSignal,
): Promise<boolean> {
  const { fs } = context;
  await fs.makeFolder(cacheFolder(context), 0o700);
  const there = await fs.look(target);
  const cache = await fs.look(cacheFolder(context));
  if (!(await isFolderAsSent(context, row, source, isOwn))) return false;
  const now = await fs.look(source);
  if (now === null) return false;
  if (there === null && cache?.dev === now.dev) {
    await fs.moveProven(source, target, now);
    return true;
  }
  if (there === null) await copyFolder(context, { uid, source, target }, signal);
  return (await isFolderContentAt(context, uid, target)) && leavePlace(context, row, source, isOwn);
}

/** The very objects that were verified are still there, with their manifest. */
async function proveAgain(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  signal: AbortSignal,
): Promise<void> {
  const store = await storeOf(context, storage);
  const manifest = manifestPath(context, row.artifact_uid);
  const missing: Missing | null =
    (await missingMember(context, { store, row, manifest }, signal)) ?? (await missingManifest(store, row, signal));
  if (missing === null) return;
  const address = `${storage.root}/${keyOf(row)}`;
  const what = missing.path === null ? 'the list of its files' : rawToDisplay(missing.path);
  const error = new BenchkeepError(
    'file_changed',
    `${address} is not any more what was verified: ${what} was replaced or removed`,
    'The copy here stays where it is. Look who else writes into this storage.',
  );
  if (missing.isGone) await beginJournal(context, row, { askAll: true });
  await takeBackCopy(context, row, storage, { isGone: missing.isGone, error });
  throw error;
}
