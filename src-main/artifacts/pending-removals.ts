/**
 * Files that are to be removed with their records. What is planned is written down on this workstation before the
 * record goes, and each file is removed only after it went: so a program that dies in between finishes, or forgets the
 * plan where the record is still there (`faults.md`, R3).
 */
import type { InstanceContext } from '../instance/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetSetting, listSettings, putSetting } from '../workstation/settings.ts';

export interface PendingRemoval {
  /** Of the artifact whose record goes first. */
  uid: string;
  storageUid: string;
  /** Absolute. */
  path: RawPath;
  /** As it was when a person asked: anything else is not what was meant, and stays. Null: a folder of ours. */
  facts: FileFacts | null;
}

type Context = Pick<InstanceContext, 'registry' | 'workstation' | 'fs'>;

const PREFIX = 'removal ';

function nameOf({ uid, path }: PendingRemoval): string {
  return `${PREFIX}${uid} ${path}`;
}

export async function planRemovals({ workstation }: Context, removals: readonly PendingRemoval[]): Promise<void> {
  if (removals.length === 0) return;
  await writeWorkstation(workstation, async (tx) => {
    for (const removal of removals) await putSetting(tx, nameOf(removal), removal);
  });
}

/** Paths that were removed. A file that is another one by now stays. */
export async function finishRemovals(context: Context): Promise<RawPath[]> {
  const removed: RawPath[] = [];
  for (const { name, value } of await listSettings(context.workstation.db, PREFIX)) {
    const removal = value as PendingRemoval;
    const row = await context.registry.db
      .selectFrom('artifact')
      .select('id')
      .where('uid', '=', removal.uid)
      .executeTakeFirst();
    // A record that is still there: it was never confirmed that it went.
    if (row === undefined && (await remove(context, removal))) removed.push(removal.path);
    await writeWorkstation(context.workstation, (tx) => forgetSetting(tx, name));
  }
  return removed;
}

async function remove({ fs }: Context, { path, facts }: PendingRemoval): Promise<boolean> {
  const now = await fs.look(path).catch((error: unknown) => {
    // A drive that is away now: its file stays, which no record names any more.
    if (error instanceof BenchkeepError) return null;
    throw error;
  });
  if (now === null) return false;
  if (facts === null) {
    await fs.removeOwnFolder(path);
    return true;
  }
  if (!sameFacts(now, facts)) return false;
  await fs.unlinkProven(path, facts);
  return true;
}
