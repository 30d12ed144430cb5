/**
 * Content that comes back to where it was before space was freed. It lies whole and proven under another name before the
 * registry names it; what is to be done then is written down before that. So a program that dies in between finishes at its
 * next start, or forgets the plan where the registry never named the file (`faults.md`, R3).
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { isNotedFile, isOneFile, type FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawToBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { CopyRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { dropUnit, putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetSetting, listSettings, putSetting, readSetting } from '../workstation/settings.ts';
import { forgetDates } from './folder-dates.ts';
import { forgetFreed } from './freed-places.ts';
import { lookAtFolder } from './look-at-folder.ts';

export interface PendingReturn {
  uid: string;
  sha256: string;
  storageUid: string;
  /** Below the root. */
  relative: RawPath;
  /** Absolute, on the same volume; as it lies there. */
  arriving: RawPath;
  facts: FileFacts;
  /** Of a folder: what its files look like. */
  looks?: string;
  /** It lies among other files of a person, where watchers look. */
  isInPlace: boolean;
  /** What its record said of content that was nowhere else, with its storage; null where it was. */
  missing: { reason: string | null; home?: number } | null;
}

type Context = Pick<
  InstanceContext,
  'folder' | 'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'onCommitted' | 'author'
>;

const PREFIX = 'return ';

function nameOf({ uid }: Pick<PendingReturn, 'uid'>): string {
  return `${PREFIX}${uid}`;
}

export async function writeReturn({ workstation }: Context, pending: PendingReturn): Promise<void> {
  await writeWorkstation(workstation, (tx) => putSetting(tx, nameOf(pending), pending));
}

/** All that an earlier start left. What can't be looked at now waits for the next. */
export async function finishReturns(context: Context): Promise<void> {
  for (const { value } of await listSettings(context.workstation.db, PREFIX)) {
    const pending = value as PendingReturn;
    await finishReturn(context, pending).catch((error: unknown) => {
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
}

/** What is still to be done of an artifact, or null. */
export function pendingReturn(
  { workstation }: Pick<Context, 'workstation'>,
  uid: string,
): Promise<PendingReturn | null> {
  return readSetting<PendingReturn>(workstation, nameOf({ uid }));
}

/**
 * `back`: the content has its name. `dropped`: the registry does not name it, it was taken away again. `away`: its drive is,
 * and it waits for that. Error: `already_exists` where something came to its place meanwhile: that stays, and the registry
 * does not name it any more.
 */
export async function finishReturn(context: Context, pending: PendingReturn): Promise<'back' | 'dropped' | 'away'> {
  const { db } = context.registry;
  const storage = await db.selectFrom('storage').selectAll().where('uid', '=', pending.storageUid).executeTakeFirst();
  if (storage === undefined) return dropReturn(context, pending);
  if (!(await checkRoot(context, storage)).attached) return 'away';
  const copy = await namedCopy(context, storage, pending);
  if (copy === null) return dropReturn(context, pending);
  const target = joinRaw(localRoot(storage), pending.relative);
  await knowFolder(context, pending, target);
  try {
    await giveName(context, pending, target);
  } catch (error) {
    await takeBack(context, pending, copy);
    throw error;
  }
  const facts = pending.looks === undefined ? await context.fs.look(target) : null;
  // What somebody wrote into it meanwhile is for the next look to find.
  const isIt = facts !== null && facts.size === pending.facts.size && facts.mtimeNs === pending.facts.mtimeNs;
  await writeWorkstation(context.workstation, async (tx) => {
    if (isIt && pending.isInPlace) putInventory(tx, context.workstation, [inventoryRow(pending, facts, 0)]);
    await forgetFreed(tx, pending.uid);
    await forgetSetting(tx, nameOf(pending));
  });
  if (pending.looks !== undefined) await forgetDates(context, pending.uid);
  return 'back';
}

/**
 * Before a folder has its name watchers know it as one item: else they would register its files one by one. What somebody
 * wrote into it after a crash gave it its name is for the next look to find.
 */
async function knowFolder(context: Context, pending: PendingReturn, target: RawPath): Promise<void> {
  const { fs, workstation } = context;
  if (pending.looks === undefined || !pending.isInPlace) return;
  const there = await fs.look(target);
  if (there !== null && !isNotedFile(there, pending.facts)) return;
  const unit = await lookAtFolder(context, there === null ? pending.arriving : target);
  if (unit === null) return;
  // A known item that looks otherwise is read again; one that is not known would be entered.
  const facts = unit.looks === pending.looks ? unit.facts : { ...unit.facts, ctimeNs: 'written to since' };
  await writeWorkstation(workstation, (tx) => {
    putInventory(tx, workstation, [inventoryRow(pending, facts, 1)]);
  });
}

async function giveName({ fs }: Context, { arriving, facts }: PendingReturn, target: RawPath): Promise<void> {
  const left = await fs.look(arriving);
  const there = await fs.look(target);
  if (there !== null && (isOneFile(there, left) || isNotedFile(there, facts))) {
    // The program died between the new name and the old one.
    await fs.removeOwnFile(arriving);
    return;
  }
  if (there !== null) throw isTaken(target);
  if (left === null) {
    throw new BenchkeepError(
      'file_not_found',
      `What was fetched for ${rawToDisplay(target)} is gone`,
      'Bring it back once more.',
      { retry: true },
    );
  }
  await fs.moveProven(arriving, target, left);
}

export function isTaken(target: RawPath): BenchkeepError {
  return new BenchkeepError(
    'already_exists',
    `Something else is at ${rawToDisplay(target)} now`,
    'Nothing was replaced. Move it away and try again, or fetch the content to another place: benchkeep cache ARTIFACT --to FILE.',
  );
}

async function takeBack(context: Context, pending: PendingReturn, copy: CopyRow): Promise<void> {
  const { uid, storageUid, relative: path } = pending;
  // Nobody waits for a folder there any more; what else may be there by now is known as it was.
  await writeWorkstation(context.workstation, (tx) => dropUnit(tx, { storageUid, path, artifactUid: uid }));
  await writeRegistry(context, await context.author(), 'not brought back', async (write) => {
    write.note = `${rawToDisplay(pending.relative)} did not come back: something else is there now.`;
    await write.remove('copy', copy.id, pending.uid);
    if (pending.missing === null) return;
    const { reason, home } = pending.missing;
    const state = { state: 'missing', state_reason: reason, updated_at: write.now } as const;
    await write.update('artifact', copy.artifact_id, home === undefined ? state : { ...state, storage_id: home });
  });
  await dropReturn(context, pending);
}

/** It is not to come to its place. */
export async function dropReturn({ fs, workstation }: Context, pending: PendingReturn): Promise<'dropped'> {
  if (pending.looks === undefined) await fs.removeOwnFile(pending.arriving);
  else await fs.removeTemporaryFolder(pending.arriving);
  await writeWorkstation(workstation, (tx) => forgetSetting(tx, nameOf(pending)));
  return 'dropped';
}

async function namedCopy(
  { registry }: Context,
  { id }: StorageRow,
  { uid, relative }: PendingReturn,
): Promise<CopyRow | null> {
  const row = await registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .selectAll('copy')
    .where('artifact.uid', '=', uid)
    .where('copy.storage_id', '=', id)
    .where('copy.path', '=', rawToBytes(relative))
    .executeTakeFirst();
  return row ?? null;
}

/** As the next look finds it: nothing new. */
function inventoryRow({ uid, sha256, storageUid, relative }: PendingReturn, facts: FileFacts, unit: 0 | 1) {
  const { folder, name } = splitRaw(relative);
  return {
    storage_uid: storageUid,
    folder: rawToBytes(folder),
    name: rawToBytes(name),
    size: facts.size,
    mtime_ns: facts.mtimeNs,
    ctime_ns: facts.ctimeNs,
    dev: facts.dev,
    ino: facts.ino,
    sha256,
    artifact_uid: uid,
    gone_since: null,
    missing: 0,
    unit,
  };
}
