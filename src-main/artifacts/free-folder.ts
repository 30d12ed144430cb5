/**
 * A folder goes from this computer because each file of it is in the cloud. What is planned is written down first, then the
 * registry forgets the copy, then the folder gets another name beside its place, is looked at once more, and exactly the
 * files that were proven are removed. A program that dies in between leaves a folder that is whole, and has its name again
 * at the next start, or a part of it, which goes on a proof that is made anew when its store can be asked.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { newUid } from '../../shared/uid.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, storeOf } from '../storage/index.ts';
import {
  dropJournal,
  endLeaving,
  isFolderAsSent,
  leavePlace,
  leftOf,
  manifestOf,
  proveFolder,
  whileContentAlone,
  whyFolderNotThere,
  type FolderProof,
  type SentFolder,
} from '../transfers/index.ts';
import { forgetDates, noteDates } from './folder-dates.ts';
import { forgetCopies } from './forget-copies.ts';
import { isFreed } from './freed-places.ts';
import {
  forgetPending,
  isNamed,
  over,
  pendingFree,
  putBack,
  storageOf,
  writePending,
  type FreeContext,
  type PendingFolder,
  type PendingFree,
} from './pending-frees.ts';
import type { Freeable, FreeablePlace } from './plan-freeing.ts';

/** Ids of their journals begin so. */
export const FREEING = 'free-';

/** A plan of a folder. */
export type FolderPlan = PendingFree & { folder: PendingFolder };

const ENDED = 'Benchkeep was ended meanwhile';
const WORKED_ON = 'somebody works on it';

/** Bytes that are free now, or why it stays. Error: `cancelled`; it has its place and its record then. */
export function freeFolder(
  context: InstanceContext,
  freeable: Freeable,
  place: FreeablePlace,
  signal: AbortSignal,
): Promise<number | string> {
  return whileContentAlone(context, freeable.artifact.uid, async () => {
    const { artifact } = freeable;
    const { path } = place;
    const id = `${FREEING}${newUid(context.random, 12)}`;
    const journal = { id, artifact_uid: artifact.uid, sha256: artifact.sha256 };
    let planned: PendingFree | null = null;
    try {
      const proven = await proveFolder(context, { artifact, path, id }, signal);
      if (proven.kind === 'not proven') return proven.reason;
      const { proof } = proven;
      const { checksum, version } = proof.sent;
      const { sha256, size } = artifact;
      await noteDates(context, artifact, path);
      const folder: PendingFolder = { id, sha256, size, copyId: proof.copy.id, list: { checksum, version } };
      const pending = { ...pendingFree(artifact.uid, place, artifact.storage_id), folder };
      await writePending(context, [pending]);
      planned = pending;
      return await goAway(context, { freeable, place, proof }, pending, signal);
    } finally {
      if (planned === null) await dropJournal(context, journal);
    }
  });
}

async function goAway(
  context: InstanceContext,
  ready: { freeable: Freeable; place: FreeablePlace; proof: FolderProof },
  pending: FolderPlan,
  signal: AbortSignal,
): Promise<number | string> {
  const { place, proof } = ready;
  try {
    if ((await forgetCopies(context, [ready])).size === 0) {
      await endFolder(context, pending, forgetPending);
      return 'something else was done with it meanwhile';
    }
    const reason =
      (await whyFolderNotThere(context, proof, signal)) ??
      (await whyAway(context, place.storage)) ??
      ((await context.fs.look(place.path)) === null ? 'it is not there any more' : null);
    if (reason !== null) return await backIn(context, pending, reason);
    const back: { at: RawPath | null } = { at: null };
    const isGone = await leavePlace(context, proof.sent, place.path, false, (at) => (back.at = at));
    // What is on a drive that went meanwhile is looked at when it is back.
    const away = await whyAway(context, place.storage);
    if (away !== null) return away;
    if (!isGone && back.at === place.path) return await backIn(context, unproven(pending), WORKED_ON);
    await endFolder(context, pending, over);
    if (back.at === null) return isGone ? pending.folder.size : 'it is not there any more';
    return whereItIs(place.path, back.at);
  } catch (error) {
    const reason = error instanceof BenchkeepError ? error.message : String(error);
    // What went wrong first is told; what can't be finished now is to be done at the next start.
    const told = await leftAs(context, pending, place.storage, reason).catch(() => reason);
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled' || signal.aborted) throw error;
    return told;
  }
}

/** It has its place again, or waits; why, and what a person can do where a part of it is gone. */
async function leftAs(context: FreeContext, pending: FolderPlan, storage: StorageRow, reason: string): Promise<string> {
  if ((await finishFolder(context, pending, null, reason)) !== null) return reason;
  const away = await whyAway(context, storage);
  if (away !== null) return away;
  return (
    `a part of it is gone from this computer already, and is in the bucket (${reason}): the rest goes when it is freed again, ` +
    `or all of it comes back with benchkeep bring-back ${pending.uid}`
  );
}

/** What is left of it, where that is no copy of it any more. */
function whereItIs(was: RawPath, at: RawPath): string {
  return at === was
    ? 'somebody wrote into it as it went: that is where it was'
    : `somebody worked on it, and something else was put where it was: what is left of it is in ${rawToDisplay(at)}`;
}

/** Null where its drive is there. */
async function whyAway(context: FreeContext, storage: StorageRow): Promise<string | null> {
  const root = await checkRoot(context, storage);
  return root.attached ? null : root.reason;
}

/** Nobody knows what its record is a record of, until it is looked at again. */
function unproven(pending: FolderPlan): FolderPlan {
  return { ...pending, verifiedAt: null };
}

async function backIn(context: FreeContext, pending: FolderPlan, reason: string): Promise<string> {
  await endFolder(context, pending, (...words) => putBack(...words, reason));
  return reason;
}

/** The journal goes last: what a plan leads to is known by it. */
async function endFolder(
  context: FreeContext,
  pending: FolderPlan,
  end: (context: FreeContext, pending: PendingFree) => Promise<unknown>,
): Promise<void> {
  await end(context, pending);
  await dropJournal(context, { ...pending.folder, artifact_uid: pending.uid });
  // Those of an earlier time are for what went then, from another place.
  if (end !== over && !(await isFreed(context, pending.uid))) await forgetDates(context, pending.uid);
}

/** `freed`: bytes that went by this, or earlier; `stays`: where what is left is. Null where something is still to be done. */
export type FinishedFolder = { freed: number; stays?: string } | null;

/**
 * What a program that died left in the middle. Call with the content alone. `signal` null: no store is asked, and a part of
 * a folder stays as it is. Errors: those of the store, and of the disk; then it is still to be done.
 */
export async function finishFolder(
  context: FreeContext,
  pending: FolderPlan,
  signal: AbortSignal | null,
  reason = ENDED,
): Promise<FinishedFolder> {
  const storage = await storageOf(context, pending);
  if (storage === undefined) {
    await endFolder(context, pending, forgetPending);
    return { freed: 0 };
  }
  if (!(await checkRoot(context, storage)).attached) return null;
  const source = joinRaw(localRoot(storage), pending.relative);
  const proof = await proofOf(context, pending);
  const sent = proof?.sent ?? sentOf(pending, Buffer.alloc(0));
  const hasList = signal === null || (await hasListOf(context, proof, signal));
  const left = await leftOf(context, sent, source);
  const isFree = (await context.fs.look(source)) === null;
  if (left === 'nothing' && !isFree) {
    // All of it may have gone, and somebody made another one: that is no copy of it.
    if (await isFolderAsSent(context, sent, source, true)) await backIn(context, pending, reason);
    else await endFolder(context, pending, over);
    return { freed: 0 };
  }
  if (left === 'part' || (left === 'whole' && !isFree)) {
    if (signal === null) return null;
    const isThere = hasList && proof !== null && (await whyFolderNotThere(context, proof, signal)) === null;
    if (!isThere) return giveBack(context, unproven(pending), { sent, source, reason });
  } else if (left === 'whole') return giveBack(context, pending, { sent, source, reason });
  await endLeaving(context, sent, source, () => Promise.resolve(true));
  // It may have been brought back meanwhile.
  await endFolder(context, pending, (await isNamed(context, pending)) ? forgetPending : over);
  return { freed: pending.folder.size };
}

/** Which files went is known by it. It may have been lost here, and is in the store, too. */
async function hasListOf(context: FreeContext, proof: FolderProof | null, signal: AbortSignal): Promise<boolean> {
  if (proof === null) return false;
  const { artifact_uid: uid, sha256 } = proof.sent;
  return (await manifestOf(context, await storeOf(context, proof.storage), { uid, sha256 }, signal)) !== null;
}

/** What is left of it has its place again; its record, too, where that is all of it. */
async function giveBack(
  context: FreeContext,
  pending: FolderPlan,
  { sent, source, reason }: { sent: SentFolder; source: RawPath; reason: string },
): Promise<FinishedFolder> {
  const back: { at: RawPath | null } = { at: null };
  await endLeaving(
    context,
    sent,
    source,
    () => Promise.resolve(false),
    (at) => (back.at = at),
  );
  if (back.at === source && (await isFolderAsSent(context, sent, source, true))) {
    await backIn(context, pending, reason);
    return { freed: 0 };
  }
  await endFolder(context, pending, over);
  return back.at === null ? { freed: 0 } : { freed: 0, stays: whereItIs(source, back.at) };
}

/** What was proven, where the registry still names it. */
async function proofOf({ registry }: FreeContext, pending: FolderPlan): Promise<FolderProof | null> {
  const { copyId } = pending.folder;
  const copy = await registry.db.selectFrom('copy').selectAll().where('id', '=', copyId).executeTakeFirst();
  if (copy === undefined) return null;
  const storage = await registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', copy.storage_id)
    .executeTakeFirstOrThrow();
  return { storage, copy, sent: sentOf(pending, copy.path) };
}

function sentOf({ uid, folder }: FolderPlan, path: Buffer): SentFolder {
  return { id: folder.id, artifact_uid: uid, sha256: folder.sha256, path, ...folder.list };
}
