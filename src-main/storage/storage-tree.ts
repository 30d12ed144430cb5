/** What lies in a storage: counts of everything, names of the upper levels. */
import type { StorageTree, TreeFolder } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { joinRaw, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { treeFolder, type CountedFile } from '../ports/fs/tree-folder.ts';
import { findStorage } from './find-storage.ts';
import { localRoot } from './local-root.ts';
import { parseObjectAddress } from './objects/object-address.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { storeOf, type Stores } from './stores.ts';
import type { StorageContext } from './storage-context.ts';
import { knownStorageOf } from './storage-of-address.ts';
import { treeOfObjects } from './tree-of-objects.ts';

/** Levels, folders of one level, files of one folder, and folders in all that are named; the counts are of everything. */
const LEVELS = 4;
const MOST_FOLDERS = 100;
const MOST_FILES = 100;
const MOST_NAMED = 1000;

type TreeContext = Pick<StorageContext, 'registry' | 'workstationUid' | 'fs' | 'stores'>;

/** A storage, or the address of a bucket or of a folder in one. Errors: `not_found`, those of reading its root. */
export async function storageTree(
  context: TreeContext,
  input: { storage: string },
  signal?: AbortSignal,
): Promise<StorageTree> {
  const place = await placeInStore(context, input.storage);
  if (place !== null) return treeInStore(context, place, signal);
  const storage = await findStorage(context.registry.db, input.storage, context);
  const root = localRoot(storage);
  const tree = emptyFolder(splitRaw(root).name);
  const shown = new Map<RawPath, TreeFolder>([['' as RawPath, tree]]);
  const suffixes = new Map<string, { suffix: string; n: number; size: number }>();
  let nFolders = 0;

  await treeFolder(
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
    region: storage.region,
    n_folders: nFolders,
    n_files: tree.n_files,
    size: tree.size,
    suffixes: [...suffixes.values()].sort((a, b) => b.n - a.n || (a.suffix < b.suffix ? -1 : 1)),
    tree,
  };
}

/** Of a bucket, a part of one, or a repository, which need not be a storage. */
async function treeInStore(
  { stores }: Pick<StorageContext, 'stores'>,
  { root, region, open, folder }: StorePlace,
  signal: AbortSignal | undefined,
): Promise<StorageTree> {
  const store = await open(stores);
  const lead = folder === '' ? '' : `${folder}/`;
  const below = async function* (): AsyncGenerator<{ key: string; size: number }> {
    for await (const { key, size } of store.list(lead, signal === undefined ? {} : { signal }))
      // What only marks the folder itself is nothing in it.
      if (key !== lead || size > 0) yield { key: key.slice(lead.length), size };
  };
  const name = root.slice(root.lastIndexOf('/') + 1);
  const limits = { levels: LEVELS, folders: MOST_FOLDERS, files: MOST_FILES, named: MOST_NAMED };
  const counted = await treeOfObjects(below(), name, limits, signal);
  return { root, region: region ?? (await store.region()), ...counted };
}

interface StorePlace {
  root: string;
  region: string | null;
  /** Below the root that is opened. */
  folder: string;
  open(stores: Stores): Promise<ObjectStore>;
}

/** Null for a folder of a computer. Errors: `not_found`, and what is wrong with an address. */
async function placeInStore(context: TreeContext, named: string): Promise<StorePlace | null> {
  const found = await findStorage(context.registry.db, named, context).catch((error: unknown) => {
    if (error instanceof BenchkeepError && error.code === 'not_found' && named.includes('://')) return null;
    throw error;
  });
  if (found !== null) {
    if (found.type === 'local') return null;
    const { root, region } = found;
    return { root, region, folder: '', open: (stores) => storeOf({ stores }, found) };
  }
  const address = parseObjectAddress(named);
  if (address === null) return null;
  const { place, key } = address;
  const known = await knownStorageOf(context, address);
  const root = key === '' ? place.root : `${place.root}/${key}`;
  if (known === null) return { root, region: null, folder: key, open: (stores) => stores.open(place) };
  const { storage, key: folder } = known;
  return { root, region: storage.region, folder, open: (stores) => storeOf({ stores }, storage) };
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
