/**
 * A folder of which a proven copy is in the cache, or that is proven to be in a store, goes from its place. It has another
 * name first: who writes into it by its name does so no more, and what somebody did to it until then is seen before anything
 * is removed. Then exactly the files that were sent, or proven, are removed, each only as it was read.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { PART_ENDING } from '../ports/fs/part-verbs.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import { isFolderOpen, isWholeFolder } from './folder-here.ts';
import { lookOf, readJournal, type SentFolder } from './folder-journal.ts';
import type { TransferContext } from './transfer-context.ts';

type LeaveContext = Pick<TransferContext, 'folder' | 'fs'>;
type Sent = Pick<SentFolder, 'id' | 'artifact_uid' | 'sha256'>;

/** So many names are tried for a folder whose own is taken. */
const NAMES = 1000;

/**
 * Each file looks as it did when it was read for sending, and nothing else is in it; of a person's own folder (`isOwn` is
 * false for it) no program has a file open.
 */
export async function isFolderAsSent(
  context: LeaveContext,
  row: Sent,
  folder: RawPath,
  isOwn: boolean,
): Promise<boolean> {
  const noted = readJournal(context, row);
  try {
    const isWhole = await isWholeFolder(context, { uid: row.artifact_uid, folder }, async ({ facts }) => {
      const note = await noted.next();
      return note.done !== true && note.value.look === lookOf(facts);
    });
    return isWhole && (isOwn || !(await isFolderOpen(context, folder)));
  } finally {
    await noted.return();
  }
}

/** Told of where what is left of a folder is now: its place, or beside it. */
export type CameBack = (path: RawPath) => void;

/** False where it stays because it is not any more what was sent. Its copy is proven by the caller. */
export async function leavePlace(
  context: LeaveContext,
  row: Sent,
  source: RawPath,
  isOwn: boolean,
  cameBack?: CameBack,
): Promise<boolean> {
  const { fs } = context;
  const leaving = leavingPath(row, source);
  const now = await fs.look(source);
  if (now === null) return true;
  await fs.moveProven(source, leaving, now);
  const isAsSent = await isFolderAsSent(context, row, leaving, isOwn);
  if (isAsSent) await removeSent(context, row, leaving);
  await comeBack(context, leaving, source, cameBack);
  return isAsSent;
}

/**
 * What a program that died in the middle left. Where its copy in the cache is whole (`isCopied`) the files that were sent go
 * on going, and it is true then. Whatever else is in it has its place again.
 */
export async function endLeaving(
  context: LeaveContext,
  row: Sent,
  source: RawPath,
  isCopied: () => Promise<boolean>,
  cameBack?: CameBack,
): Promise<boolean> {
  const leaving = leavingPath(row, source);
  if ((await context.fs.look(leaving)) === null) return false;
  const goesOn = await isCopied();
  if (goesOn) await removeSent(context, row, leaving);
  await comeBack(context, leaving, source, cameBack);
  return goesOn;
}

/** What a program that died in the middle left under the name for leaving: `empty`: no file. */
export async function leftOf(
  context: LeaveContext,
  row: Sent,
  source: RawPath,
): Promise<'nothing' | 'whole' | 'part' | 'empty'> {
  const leaving = leavingPath(row, source);
  if ((await context.fs.look(leaving)) === null) return 'nothing';
  if (await isFolderAsSent(context, row, leaving, true)) return 'whole';
  const others: RawPath[] = [];
  const files = folderFiles(context.fs, leaving, (path) => others.push(path));
  try {
    return (await files.next()).done === true && others.length === 0 ? 'empty' : 'part';
  } finally {
    await files.return(undefined);
  }
}

/** Beside its place; the same at every try. Watchers leave such names alone. */
function leavingPath({ id, artifact_uid: uid }: Sent, source: RawPath): RawPath {
  const name = `${TEMPORARY_PREFIX}${String(id)}-${uid}${PART_ENDING}`;
  return joinRaw(splitRaw(source).folder, rawFromText(name));
}

async function removeSent(context: LeaveContext, row: Sent, leaving: RawPath): Promise<void> {
  const { fs } = context;
  const noted = readJournal(context, row);
  try {
    for await (const { path } of readManifest(manifestPath(context, row.artifact_uid))) {
      const note = await noted.next();
      if (note.done === true) break;
      const member = joinRaw(leaving, path);
      const facts = await fs.look(member);
      if (facts !== null && note.value.look === lookOf(facts)) await fs.unlinkProven(member, facts);
    }
  } finally {
    await noted.return();
  }
  await removeEmpty(context, leaving);
}

/** Folders that hold nothing but folders that hold nothing. */
async function removeEmpty({ fs }: Pick<LeaveContext, 'fs'>, folder: RawPath): Promise<void> {
  for (const { name, kind } of await fs.readFolder(folder))
    if (kind === 'folder') await removeEmpty({ fs }, joinRaw(folder, name));
  await fs.removeEmptyFolder(folder);
}

/** What is left of it; under a name beside its own where somebody made that anew meanwhile. */
async function comeBack({ fs }: LeaveContext, leaving: RawPath, source: RawPath, cameBack?: CameBack): Promise<void> {
  const left = await fs.look(leaving);
  if (left === null) return;
  for (let n = 1; n <= NAMES; n++) {
    const name = n === 1 ? source : (`${source} (${String(n)})` as RawPath);
    if ((await fs.look(name)) !== null) continue;
    await fs.moveProven(leaving, name, left);
    cameBack?.(name);
    return;
  }
  throw new BenchkeepError(
    'already_exists',
    `Something else is at ${rawToDisplay(source)} now, and what was there is in ${rawToDisplay(leaving)}`,
    'Nothing was removed. Move one of the two away.',
  );
}
