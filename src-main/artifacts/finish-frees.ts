/** Files and folders that were to go from this computer when a program died: they go on going, or have their records again. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw } from '../ports/fs/raw-path.ts';
import { manifestFolder } from '../storage/folder-manifest.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { isJournalOf, whileContentAlone } from '../transfers/index.ts';
import { finishFolder, FREEING, type FinishedFolder, type FolderPlan } from './free-folder.ts';
import {
  forgetPending,
  isNamed,
  over,
  pendingFrees,
  putBack,
  storageOf,
  type FreeContext,
  type PendingFree,
} from './pending-frees.ts';

/** When an instance is opened: asks no store, and what is still there stays. What can't be looked at waits for the next time. */
export async function finishFrees(context: InstanceContext): Promise<void> {
  for (const pending of await pendingFrees(context)) {
    const finishing = isFolder(pending) ? finishFolderAlone(context, pending, null) : finishFile(context, pending);
    await finishing.catch((error: unknown) => {
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
  await sweepJournals(context);
}

/** After that, with the stores: the rest of folders that are half gone. Who is away is asked the next time. */
export async function finishHalfFrees(context: InstanceContext, signal: AbortSignal): Promise<void> {
  for (const pending of (await pendingFrees(context)).filter(isFolder)) {
    if (signal.aborted) return;
    await finishFolderAlone(context, pending, signal).catch((error: unknown) => {
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
}

/** The same of one artifact. Bytes that went, and why something is still to be done. Error: `cancelled`. */
export async function finishFreesOf(
  context: InstanceContext,
  uid: string,
  signal: AbortSignal,
): Promise<{ freed: number; reason: string | null }> {
  let freed = 0;
  let reason: string | null = null;
  for (const pending of (await pendingFrees(context, uid)).filter(isFolder)) {
    try {
      const done = await finishFolderAlone(context, pending, signal);
      if (done === null) reason = 'a part of it is on a drive that is away';
      else {
        freed += done.freed;
        reason = done.stays ?? reason;
      }
    } catch (error) {
      if (!(error instanceof BenchkeepError) || signal.aborted) throw error;
      reason = error.message;
    }
  }
  return { freed, reason };
}

function finishFolderAlone(
  context: InstanceContext,
  planned: FolderPlan,
  signal: AbortSignal | null,
): Promise<FinishedFolder> {
  return whileContentAlone(context, planned.uid, async () => {
    // Whoever had it before may have come to its end.
    const pending = (await pendingFrees(context, planned.uid)).find(({ folder }) => folder?.id === planned.folder.id);
    return pending === undefined ? { freed: 0 } : finishFolder(context, planned, signal);
  });
}

function isFolder(pending: PendingFree): pending is FolderPlan {
  return pending.folder !== undefined;
}

async function finishFile(context: FreeContext, pending: PendingFree): Promise<FinishedFolder> {
  const storage = await storageOf(context, pending);
  if (storage === undefined) await forgetPending(context, pending);
  else if (!(await checkRoot(context, storage)).attached) return null;
  else if ((await context.fs.look(joinRaw(localRoot(storage), pending.relative))) !== null)
    await putBack(context, pending, 'Benchkeep was ended meanwhile');
  else if (await isNamed(context, pending)) await forgetPending(context, pending);
  else await over(context, pending);
  return { freed: 0 };
}

/** Of what never came to be planned. */
async function sweepJournals(context: InstanceContext): Promise<void> {
  const { fs } = context;
  const folder = manifestFolder(context);
  if ((await fs.look(folder)) === null) return;
  const planned = (await pendingFrees(context)).flatMap((one) => one.folder?.id ?? []);
  for (const { name, kind } of await fs.readFolder(folder)) {
    if (kind !== 'file' || !isJournalOf(name, FREEING)) continue;
    if (!planned.some((id) => isJournalOf(name, `${id}-`))) await fs.removeOwnFile(joinRaw(folder, name));
  }
}
