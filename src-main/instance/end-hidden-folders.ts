/** Folders that were about to go from this computer when a program died: with their instance nobody would know of them. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { Registry } from '../registry/open-registry.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { endLeaving } from '../transfers/index.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import { plannedFolders } from '../workstation/planned-frees.ts';

interface HiddenContext {
  fs: Fs;
  clock: Clock;
  registry: Registry;
  workstation: Workstation;
  workstationUid: string;
  /** Of the instance. */
  folder: RawPath;
}

/** What is left of them has its place again; those of which that can't be said are named, for people. */
export async function endHiddenFolders(context: HiddenContext): Promise<string[]> {
  const remains: string[] = [];
  for (const { uid, storageUid, relative, folder } of await plannedFolders(context.workstation)) {
    const { id, sha256 } = folder;
    const storage = await context.registry.db
      .selectFrom('storage')
      .selectAll()
      .where('uid', '=', storageUid)
      .executeTakeFirst();
    if (storage === undefined) continue;
    const source = joinRaw(localRoot(storage), relative as RawPath);
    const row = { id, artifact_uid: uid, sha256 };
    try {
      const root = await checkRoot(context, storage);
      if (root.attached) await endLeaving(context, row, source, () => Promise.resolve(false));
      else remains.push(hidden(source, id, root.reason));
    } catch (error) {
      if (!(error instanceof BenchkeepError)) throw error;
      remains.push(hidden(source, id, error.message));
    }
  }
  return remains;
}

function hidden(source: RawPath, id: string, reason: string): string {
  return `${rawToDisplay(source)} (a part of it may be beside it, hidden, in a folder with ${id} in its name: ${reason})`;
}
