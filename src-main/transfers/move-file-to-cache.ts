/** A file that is verified in the cloud goes from its place on this computer to the cache, on a proof that is made anew. */
import { BenchkeepError } from '../../shared/errors.ts';
import { isAsNoted, isOneFile, type FileFacts } from '../ports/fs/file-facts.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { rawFromText, rawToDisplay } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { cacheFolder, isContentAt, lookOfArtifact, noteCached, type ContentLook } from './cache-folder.ts';
import { giveBack, type Leaving } from './give-back.ts';
import { mayLeave, nameCacheInstead } from './name-cache-instead.ts';
import { isSent } from './run-upload.ts';
import { forgetPlace, requireRoom } from './settle-place.ts';
import { takeBackCopy } from './take-back-copy.ts';
import { keyOf, sourceOf, type TransferContext, type TransferTools } from './transfer-context.ts';

/**
 * Only what is Benchkeep's own, or what a person wanted freed. Its new path, for people; null where it stayed. Errors:
 * `file_changed` (not there any more), `offline`, `disk_full`.
 */
export async function moveToCache(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  { signal }: TransferTools,
): Promise<string | null> {
  const may = await mayLeave(context, row);
  if (may === null) return null;
  const { leaving, copy } = may;
  const { artifact, place, source, was, target } = leaving;
  const { sha256 } = sourceOf(row);
  const before = await context.fs.look(source);
  if (before !== null) await requireRoom(context, target, before);
  await proveAgain(context, row, storage, signal);
  if (copy !== null) {
    const author = await context.author();
    // Proving may have taken its time. Somebody works on it: what it is now, the next look at it says.
    const now = await context.fs.look(source);
    if (now === null || !isAsNoted(now, was) || (!place.isOwn && (await isOpenElsewhere(now)))) return null;
    // So is what somebody put where it would go.
    const there = await context.fs.look(target);
    if (there !== null && !(await isContentAt(context, target, sha256))) return null;
    await nameCacheInstead(context, author, leaving, { copy, row, storage });
  }
  const isGone = await bringToCache(context, leaving, sha256, signal);
  const look = isGone ? await lookInCache(context, leaving, sha256) : null;
  if (look === null) {
    const left = await context.fs.look(source);
    await giveBack(context, leaving, left !== null && isSameFile(left, was));
    return null;
  }
  await forgetPlace(context, place);
  await noteCached(context, { ...artifact, sha256 }, look);
  return rawToDisplay(target);
}

/**
 * The registry does not name the file any more. Done again after a crash, from wherever that left it. False where it stays:
 * somebody came to it since it was looked at, or to where it would go.
 */
async function bringToCache(
  context: TransferContext,
  { place, source, was, target }: Leaving,
  sha256: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { fs, folder } = context;
  const left = await fs.look(source);
  if (left === null) return true;
  if (!isSameFile(left, was) || (!place.isOwn && (await isOpenElsewhere(left)))) return false;
  await fs.makeFolder(cacheFolder({ folder }), 0o700);
  const there = await fs.look(target);
  const near = there ?? (await fs.look(cacheFolder({ folder })));
  if (there === null && near?.dev === left.dev) {
    await fs.moveProven(source, target, left);
    return true;
  }
  if (there === null) await fs.copyFsyncMoveIn({ source, target, expected: left, sha256, signal });
  // Another file: what lies there may have been worked on since it was fetched.
  else if (!isOneFile(there, left) && !(await isContentAt(context, target, sha256))) return false;
  await fs.unlinkProven(source, left);
  return true;
}

/** How the content looks in the cache, where it is there. */
async function lookInCache(
  context: TransferContext,
  { artifact: { uid }, was, target }: Leaving,
  sha256: string,
): Promise<ContentLook | null> {
  const facts = await context.fs.look(target);
  if (facts?.kind !== 'file') return null;
  // The very file that was read for sending: on another disk one with the same number is another one.
  if (isOneFile(facts, was) && isSameFile(facts, was)) return { facts };
  return lookOfArtifact(context, target, { uid, sha256 });
}

/** As it was when it was read, under whatever name: names that come and go change its ctime only. */
function isSameFile(now: FileFacts, then: FileFacts): boolean {
  return now.ino === then.ino && now.mtimeNs === then.mtimeNs && now.size === then.size;
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
