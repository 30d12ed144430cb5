/** A folder artifact on this computer, compared with its manifest. */
import { giveWay } from '../ports/give-way.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { manifestPath, readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import { openElsewhere } from '../ports/fs/open-files.ts';
import type { TransferContext } from './transfer-context.ts';

type HereContext = Pick<TransferContext, 'folder' | 'fs'>;

/** Files that are read, or asked about, in one go. */
const BATCH = 500;

export interface MemberHere {
  entry: ManifestEntry;
  path: RawPath;
  facts: FileFacts;
}

/** `path`: below the folder. `more`: it is not in the list. `other`: not of its size, or not right. */
export type Difference = { kind: 'no list' | 'no folder' } | { kind: 'gone' | 'more' | 'other'; path: RawPath };

/**
 * Null where the folder has exactly the files of the manifest in it, each of its size, and `isRight` says so of each, in
 * their order. Links, pipes and devices in it are more than that.
 */
export async function firstDifference(
  context: HereContext,
  { uid, folder }: { uid: string; folder: RawPath },
  isRight: (member: MemberHere) => Promise<boolean> | boolean,
): Promise<Difference | null> {
  const manifest = manifestPath(context, uid);
  if ((await context.fs.look(manifest)) === null) return { kind: 'no list' };
  if ((await context.fs.look(folder))?.kind !== 'folder') return { kind: 'no folder' };
  const turn = giveWay();
  const extra: RawPath[] = [];
  const files = folderFiles(context.fs, folder, (path) => extra.push(path));
  const more = (): Difference | null => (extra[0] === undefined ? null : { kind: 'more', path: extra[0] });
  try {
    for await (const entry of readManifest(manifest)) {
      await turn();
      const file = await files.next();
      if (file.done !== true && file.value < entry.path) return { kind: 'more', path: file.value };
      if (file.done === true || file.value !== entry.path) return { kind: 'gone', path: entry.path };
      if (extra.length > 0) return more();
      const path = joinRaw(folder, entry.path);
      const facts = await context.fs.look(path);
      if (facts?.kind !== 'file' || facts.size !== entry.size || !(await isRight({ entry, path, facts })))
        return { kind: 'other', path: entry.path };
    }
    const last = await files.next();
    return last.done === true ? more() : { kind: 'more', path: last.value };
  } finally {
    await files.return(undefined);
  }
}

export async function isWholeFolder(...words: Parameters<typeof firstDifference>): Promise<boolean> {
  return (await firstDifference(...words)) === null;
}

/** All of it is read. */
export async function isFolderContentAt(
  context: HereContext & Pick<TransferContext, 'hasher'>,
  uid: string,
  folder: RawPath,
): Promise<boolean> {
  let some: MemberHere[] = [];
  const areRight = async (): Promise<boolean> => {
    const outcomes = await context.hasher.hashFiles(
      some.map(({ path }) => path),
      {},
    );
    const right = some.every(({ entry }, i) => {
      const outcome = outcomes[i];
      return outcome?.kind === 'hashed' && outcome.sha256 === entry.sha256;
    });
    some = [];
    return right;
  };
  const isWhole = await isWholeFolder(context, { uid, folder }, (member) => {
    some.push(member);
    return some.length < BATCH || areRight();
  });
  return isWhole && areRight();
}

/** Some program has a file of it open for writing, as far as the system tells. */
export async function isFolderOpen(context: HereContext, folder: RawPath): Promise<boolean> {
  let some: FileFacts[] = [];
  for await (const path of folderFiles(context.fs, folder, () => undefined)) {
    const facts = await context.fs.look(joinRaw(folder, path));
    if (facts !== null) some.push(facts);
    if (some.length < BATCH) continue;
    if ((await openElsewhere(some)).size > 0) return true;
    some = [];
  }
  return (await openElsewhere(some)).size > 0;
}
