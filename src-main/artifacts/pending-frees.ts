/**
 * Files that are to go from this computer because their content is in the cloud. What is planned is written down first,
 * then the registry forgets the copies, then each file goes, on a proof that is made anew at that moment. A program that dies in
 * between leaves no file without a record: at its next start the registry knows again what is still there.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { joinRaw, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { localRoot } from '../storage/index.ts';
import { dropInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { FREE_PLANS } from '../workstation/planned-frees.ts';
import { forgetSetting, listSettings, putSetting } from '../workstation/settings.ts';
import { whileContentAlone, whyNotThere, type SentFolder, type StoreProof } from '../transfers/index.ts';
import { noteFreed } from './freed-places.ts';
import type { FreeablePlace } from './plan-freeing.ts';

export interface PendingFree {
  uid: string;
  storageUid: string;
  /** Below the root. */
  relative: RawPath;
  facts: FileFacts;
  verifiedAt: string | null;
  /** Of its storage before, where that becomes the one in the cloud. */
  movesFrom: number | null;
  /** Of a folder: what was proven of it. */
  folder?: PendingFolder;
}

export interface PendingFolder {
  /** Of its journal, and of the name under which it goes. */
  id: string;
  sha256: string;
  size: number;
  /** Of the row that names it in the store. */
  copyId: number;
  /** What the store has of its list. */
  list: Pick<SentFolder, 'checksum' | 'version'>;
}

export type FreeContext = Pick<
  InstanceContext,
  | 'folder'
  | 'registry'
  | 'workstation'
  | 'workstationUid'
  | 'fs'
  | 'stores'
  | 'clock'
  | 'onCommitted'
  | 'author'
  | 'contentsAtWork'
>;

function nameOf({ uid, storageUid, relative, folder }: PendingFree): string {
  // A folder of which a part waits for its store may be brought back, and go again.
  return `${FREE_PLANS}${uid} ${storageUid} ${folder?.id ?? ''}${relative}`;
}

export function pendingFree(
  uid: string,
  { storage, copy, relative, facts }: FreeablePlace,
  storageId: number,
): PendingFree {
  const movesFrom = storageId === storage.id ? storage.id : null;
  return { uid, storageUid: storage.uid, relative, facts, verifiedAt: copy.verified_at, movesFrom };
}

export async function writePending({ workstation }: FreeContext, pending: readonly PendingFree[]): Promise<void> {
  if (pending.length === 0) return;
  await writeWorkstation(workstation, async (tx) => {
    for (const one of pending) await putSetting(tx, nameOf(one), one);
  });
}

/** Bytes that are free now, or why the file stays, which its record says again then. Errors: `cancelled`; it is put back. */
export function freeFile(
  context: FreeContext,
  pending: PendingFree,
  { path }: FreeablePlace,
  proof: StoreProof,
  signal: AbortSignal,
): Promise<number | string> {
  return whileContentAlone(context, pending.uid, async () => {
    try {
      const reason = await whyNotThere(context, proof, signal);
      if (reason !== null) return await putBack(context, pending, reason);
      // Hours may have passed since it was read: who opened it meanwhile may not have written yet.
      if (await isOpenElsewhere(pending.facts)) return await putBack(context, pending, 'a program has it open');
      await context.fs.unlinkProven(path, pending.facts);
    } catch (error) {
      const reason = error instanceof BenchkeepError ? error.message : String(error);
      await putBack(context, pending, reason);
      if (!(error instanceof BenchkeepError) || error.code === 'cancelled' || signal.aborted) throw error;
      return reason;
    }
    await over(context, pending);
    return pending.facts.size;
  });
}

/** What is still to be done, of one artifact or of all. */
export async function pendingFrees(
  { workstation }: Pick<FreeContext, 'workstation'>,
  uid = '',
): Promise<PendingFree[]> {
  const prefix = uid === '' ? FREE_PLANS : `${FREE_PLANS}${uid} `;
  return (await listSettings(workstation.db, prefix)).map(({ value }) => value as PendingFree);
}

/** The record names the file again; a file that was written to meanwhile becomes its next version at the next look. */
export async function putBack(context: FreeContext, pending: PendingFree, reason: string): Promise<string> {
  const storage = await storageOf(context, pending);
  const { db } = context.registry;
  const artifact = await db.selectFrom('artifact').selectAll().where('uid', '=', pending.uid).executeTakeFirst();
  if (storage !== undefined && artifact !== undefined && !(await isNamed(context, pending))) {
    await writeRegistry(context, await context.author(), 'not freed', async (write) => {
      write.note = `${rawToDisplay(joinRaw(localRoot(storage), pending.relative))} stays: ${reason}.`;
      const path = rawToBytes(pending.relative);
      const taken = await write.tx
        .selectFrom('copy')
        .select('id')
        .where('storage_id', '=', storage.id)
        .where('path', '=', path)
        .executeTakeFirst();
      if (taken !== undefined) return;
      const copy = { artifact_id: artifact.id, storage_id: storage.id, path, verified_at: pending.verifiedAt };
      write.insert('copy', [{ ...copy, created_at: write.now }], [artifact.uid]);
      if (pending.movesFrom !== null)
        await write.update('artifact', artifact.id, { storage_id: pending.movesFrom, updated_at: write.now });
    });
  }
  await forgetPending(context, pending);
  return reason;
}

/** The file is gone: the next looks don't miss it, and it is known where it was. */
export async function over({ workstation }: FreeContext, pending: PendingFree): Promise<void> {
  const { storageUid, relative } = pending;
  await writeWorkstation(workstation, async (tx) => {
    dropInventory(tx, workstation, [{ storageUid, path: relative }]);
    await noteFreed(tx, pending);
    await forgetSetting(tx, nameOf(pending));
  });
}

export async function forgetPending(
  { workstation }: Pick<FreeContext, 'workstation'>,
  pending: PendingFree,
): Promise<void> {
  await writeWorkstation(workstation, (tx) => forgetSetting(tx, nameOf(pending)));
}

export function storageOf({ registry }: FreeContext, { storageUid }: PendingFree) {
  return registry.db.selectFrom('storage').selectAll().where('uid', '=', storageUid).executeTakeFirst();
}

/** A copy of its artifact has that path: the registry never forgot it, or knows it again. */
export async function isNamed({ registry }: FreeContext, { uid, storageUid, relative }: PendingFree): Promise<boolean> {
  const row = await registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select('copy.id')
    .where('artifact.uid', '=', uid)
    .where('storage.uid', '=', storageUid)
    .where('copy.path', '=', rawToBytes(relative))
    .executeTakeFirst();
  return row !== undefined;
}
