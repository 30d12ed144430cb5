/** What lies in a storage: counts of everything, names of the upper levels. */
import type { StorageTree, TreeFolder } from '../../shared/contract/index.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { treeFolder, type CountedFile } from '../ports/fs/tree-folder.ts';
import { findStorage } from './find-storage.ts';
import { localRoot } from './local-root.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { storeOf } from './stores.ts';
import type { StorageContext } from './storage-context.ts';

/** Levels, folders of one level, files of one folder, and folders in all that are named; the counts are of everything. */
const LEVELS = 4;
const MOST_FOLDERS = 100;
const MOST_FILES = 100;
const MOST_NAMED = 1000;

/** Errors: `not_found`, `not_supported` (no folder), those of reading its root. */
export async function storageTree(
  context: Pick<StorageContext, 'registry' | 'workstationUid' | 'fs' | 'stores'>,
  input: { storage: string },
  signal?: AbortSignal,
): Promise<StorageTree> {
  const storage = await findStorage(context.registry.db, input.storage, context);
  const root = storage.type === 'local' ? localRoot(storage) : rawFromText(storage.root);
  const tree = emptyFolder(splitRaw(root).name);
  const shown = new Map<RawPath, TreeFolder>([['' as RawPath, tree]]);
  const suffixes = new Map<string, { suffix: string; n: number; size: number }>();
  let nFolders = 0;

  const walk = storage.type === 'local' ? treeFolder : treeOfObjects(await storeOf(context, storage));
  await walk(
    root,
    (path, files, folders) => {
      nFolders += folders.length;
      const size = files.reduce((sum, file) => sum + file.size, 0);
      for (const folder of shownAbove(shown, path)) {
        folder.n_files += files.length;
        folder.size += size;
      }
      countSuffixes(suffixes, files);
      const folder = shown.get(path);
      if (folder !== undefined) fill(folder, path, files, folders, shown);
    },
    signal,
  );
  return {
    root: storage.root,
    n_folders: nFolders,
    n_files: tree.n_files,
    size: tree.size,
    suffixes: [...suffixes.values()].sort((a, b) => b.n - a.n || (a.suffix < b.suffix ? -1 : 1)),
    tree,
  };
}

type Walk = typeof treeFolder;

/** The folders that the keys of a bucket name. */
function treeOfObjects(store: ObjectStore): Walk {
  return async (_root, onFolder, signal) => {
    const folders = new Map<RawPath, { files: CountedFile[]; folders: Set<RawPath> }>();
    const folderAt = (path: RawPath): { files: CountedFile[]; folders: Set<RawPath> } => {
      const known = folders.get(path);
      if (known !== undefined) return known;
      const made = { files: [], folders: new Set<RawPath>() };
      folders.set(path, made);
      if (path !== '') folderAt(splitRaw(path).folder).folders.add(splitRaw(path).name);
      return made;
    };
    folderAt('' as RawPath);
    for await (const { key, size } of store.list('', signal === undefined ? {} : { signal })) {
      const path = rawFromText(key);
      // Some tools make empty objects for folders.
      if (key.endsWith('/')) folderAt(path.slice(0, -1) as RawPath);
      else folderAt(splitRaw(path).folder).files.push({ name: splitRaw(path).name, size });
    }
    // Those above come first, as in a walk over a disk.
    for (const path of [...folders.keys()].sort(
      (a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1),
    )) {
      const { files, folders: below } = folderAt(path);
      onFolder(path, files, [...below]);
    }
  };
}

function emptyFolder(name: RawPath): TreeFolder {
  return { name: rawToDisplay(name), n_files: 0, size: 0, folders: [], files: [], truncated: false };
}

/** The folder itself and those around it, as far as they are named. */
function* shownAbove(shown: ReadonlyMap<RawPath, TreeFolder>, path: RawPath): Generator<TreeFolder> {
  for (let at = path; ; at = splitRaw(at).folder) {
    const folder = shown.get(at);
    if (folder !== undefined) yield folder;
    if (at === '') return;
  }
}

function countSuffixes(
  suffixes: Map<string, { suffix: string; n: number; size: number }>,
  files: readonly CountedFile[],
): void {
  for (const { name, size } of files) {
    // Endings are ASCII, so the bytes serve as they are.
    const { suffix } = suffixOf(name);
    const count = suffixes.get(suffix) ?? { suffix, n: 0, size: 0 };
    count.n += 1;
    count.size += size;
    suffixes.set(suffix, count);
  }
}

function fill(
  folder: TreeFolder,
  path: RawPath,
  files: readonly CountedFile[],
  folders: readonly RawPath[],
  shown: Map<RawPath, TreeFolder>,
): void {
  const level = path === '' ? 0 : path.split('/').length;
  const room = level >= LEVELS ? 0 : Math.max(0, Math.min(MOST_FOLDERS, MOST_NAMED - shown.size));
  for (const name of [...folders].sort().slice(0, room)) {
    const below = emptyFolder(name);
    folder.folders.push(below);
    shown.set(joinRaw(path, name), below);
  }
  const named = level > LEVELS ? [] : [...files].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MOST_FILES);
  folder.files = named.map(({ name, size }) => ({ name: rawToDisplay(name), size }));
  folder.truncated = folders.length > room || files.length > named.length;
}
