/**
 * Files that are to be removed with their records. What is planned is written down on this workstation before the
 * record goes, and each file is removed only after it went: so a program that dies in between finishes, or forgets the
 * plan where the record is still there (`faults.md`, R3).
 */
import type { InstanceContext } from '../instance/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { isAsNoted, type FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { whileContentAlone } from '../transfers/index.ts';
import { dropInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetSetting, listSettings, putSetting } from '../workstation/settings.ts';
import { noteInterrupted } from './note-lost-objects.ts';
import { sharersOf } from './shared-places.ts';

/** `facts` are of when a person asked: anything else is not what was meant, and stays. */
export type PendingRemoval = {
  /** Of the artifact whose record goes first. */
  uid: string;
  storageUid: string;
  /** Absolute; of an object its key. */
  path: RawPath;
} & (
  | { kind: 'file'; facts: FileFacts }
  /** A folder of a person: these files of it, named from it, and what is empty then. */
  | { kind: 'folder'; files: [RawPath, FileFacts][] }
  /** A folder that this program made. */
  | { kind: 'own folder' }
  /** An object or a folder of a store, deleted before its record; `path` is its key. */
  | { kind: 'object' }
);

/** What became of a plan. `gone`: nothing was there any more. `waits`: why it can't be done now; it is tried again at the next start. */
export type Removed = { path: RawPath } & ({ kind: 'removed' | 'stays' | 'gone' } | { kind: 'waits'; reason: string });

type Context = Pick<
  InstanceContext,
  | 'registry'
  | 'workstation'
  | 'workstationUid'
  | 'fs'
  | 'stores'
  | 'clock'
  | 'author'
  | 'onCommitted'
  | 'folder'
  | 'contentsAtWork'
>;

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

/**
 * What an earlier start left. `of`: what lies on disks goes before anything else is done; stores are asked in the
 * background, for they may not answer for long. Ends early when `signal` aborts.
 */
export async function finishRemovals(
  context: Context,
  { of = 'all', signal }: { of?: 'all' | 'disks' | 'stores'; signal?: AbortSignal } = {},
): Promise<Removed[]> {
  const plans = (await listSettings(context.workstation.db, PREFIX)).map(({ value }) => value as PendingRemoval);
  return doRemovals(
    context,
    plans.filter(({ kind }) => of === 'all' || (kind === 'object') === (of === 'stores')),
    signal,
  );
}

/** Nothing else of the store would get another answer. */
const OF_STORE: ReadonlySet<string> = new Set(['offline', 'not_signed_in', 'bucket_not_found']);

/** Only these: others may be planned by somebody whose records are just going. */
export async function doRemovals(
  context: Context,
  removals: readonly PendingRemoval[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Removed[]> {
  const done: Removed[] = [];
  const touched: Touched = new Set();
  const silent = new Map<string, string>();
  for (const removal of removals) {
    const { path, storageUid } = removal;
    if (signal.aborted) break;
    const reason = removal.kind === 'object' ? silent.get(storageUid) : undefined;
    const one: Removed =
      reason !== undefined
        ? { path, kind: 'waits', reason }
        : await finishAlone(context, removal, { touched, signal }).catch((error: unknown): Removed => {
            if (!(error instanceof BenchkeepError) && !signal.aborted) throw error;
            const { code, message } = error as BenchkeepError;
            if (OF_STORE.has(code)) silent.set(storageUid, message);
            return { path, kind: 'waits', reason: message };
          });
    done.push(one);
  }
  return done;
}

/** Not while somebody deletes the same objects: theirs is another plan of the same name. */
async function finishAlone(
  context: Context,
  removal: PendingRemoval,
  tools: { touched: Touched; signal: AbortSignal },
): Promise<Removed> {
  const work = async (): Promise<Removed> => {
    const one = await finish(context, removal, tools);
    if (one.kind !== 'waits') await forgetRemoval(context, removal);
    return one;
  };
  return removal.kind === 'object' ? whileContentAlone(context, removal.uid, work) : work();
}

/** With what this computer knows of the file: one that stayed is looked at as a new one. */
export async function forgetRemoval({ registry, workstation }: Context, removal: PendingRemoval): Promise<void> {
  const { storageUid, path } = removal;
  const storage = await registry.db.selectFrom('storage').selectAll().where('uid', '=', storageUid).executeTakeFirst();
  const isFile = storage !== undefined && removal.kind !== 'object';
  const relative = isFile ? relativeRaw(localRoot(storage), path) : null;
  await writeWorkstation(workstation, async (tx) => {
    if (relative !== null) dropInventory(tx, workstation, [{ storageUid, path: relative }]);
    await forgetSetting(tx, nameOf(removal));
  });
}

async function finish(
  context: Context,
  removal: PendingRemoval,
  { touched, signal }: { touched: Touched; signal: AbortSignal },
): Promise<Removed> {
  const { db } = context.registry;
  const { path, uid, storageUid } = removal;
  const row = await db.selectFrom('artifact').select('id').where('uid', '=', uid).executeTakeFirst();
  const storage = await db.selectFrom('storage').selectAll().where('uid', '=', storageUid).executeTakeFirst();
  if (removal.kind === 'object') {
    await noteInterrupted(context, removal, signal);
    // It went before its record.
    return { path, kind: 'gone' };
  }
  // A record that is still there: it was never confirmed that it went.
  if (row !== undefined || storage === undefined) return { path, kind: 'stays' };
  const root = await checkRoot(context, storage);
  if (!root.attached) return { path, kind: 'waits', reason: root.reason };
  // Saved again since, it is wanted.
  if ((await sharersOf(db, storage, path, new Set())).length > 0) return { path, kind: 'stays' };
  return { path, kind: (await remove(context, removal, touched)) ? 'removed' : 'stays' };
}

async function remove(
  { fs }: Context,
  removal: Exclude<PendingRemoval, { kind: 'object' }>,
  touched: Touched,
): Promise<boolean> {
  const { path } = removal;
  if (removal.kind === 'own folder') {
    if ((await fs.look(path)) === null) return false;
    await fs.removeOwnFolder(path);
    return true;
  }
  if (removal.kind === 'file') return removeFile({ fs, touched }, path, removal.facts);
  for (const [name, facts] of removal.files) await removeFile({ fs, touched }, joinRaw(path, name), facts);
  return removeEmpty({ fs }, path);
}

/** Files of which a name was removed just now: the ctime of their other names is of then. */
type Touched = Set<string>;

async function removeFile(
  { fs, touched }: Pick<Context, 'fs'> & { touched: Touched },
  path: RawPath,
  facts: FileFacts,
): Promise<boolean> {
  const now = await fs.look(path);
  if (now === null) return false;
  const file = `${now.dev} ${now.ino}`;
  if (!isAsNoted(now, touched.has(file) ? { ...facts, ctimeNs: now.ctimeNs } : facts)) return false;
  await fs.unlinkProven(path, now);
  touched.add(file);
  return true;
}

/** Folders that hold nothing but folders that hold nothing; true if this one is gone. */
async function removeEmpty(context: Pick<Context, 'fs'>, folder: RawPath): Promise<boolean> {
  const { fs } = context;
  if ((await fs.look(folder))?.kind !== 'folder') return false;
  for (const { name, kind } of await fs.readFolder(folder))
    if (kind === 'folder') await removeEmpty(context, joinRaw(folder, name));
  return fs.removeEmptyFolder(folder);
}
