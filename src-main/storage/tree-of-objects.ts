/** What the keys of a store name: folders, counts and sizes, from one pass over a list of any length. */
import type { StorageTree, TreeFolder } from '../../shared/contract/index.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { giveWay } from '../ports/give-way.ts';
import type { ObjectFacts } from './objects/object-store.ts';

export interface TreeLimits {
  levels: number;
  /** Folders that are named in one folder, files that are, and folders in all. */
  folders: number;
  files: number;
  named: number;
}

interface Named {
  folder: TreeFolder;
  below: Map<string, Named>;
}

export type CountedTree = Pick<StorageTree, 'n_folders' | 'n_files' | 'size' | 'suffixes' | 'tree'>;

/**
 * Keys come in order, so that what is below a folder comes together: only the folders around the last key are
 * remembered, and those that are named. What it takes of memory does not grow with the number of objects.
 */
export async function treeOfObjects(
  objects: AsyncIterable<Pick<ObjectFacts, 'key' | 'size'>>,
  name: string,
  limits: TreeLimits,
  signal?: AbortSignal,
): Promise<CountedTree> {
  const turn = giveWay(signal);
  const root: Named = { folder: emptyFolder(name), below: new Map() };
  const perLevel = Array.from({ length: limits.levels }, () => limits.named);
  const suffixes = new Map<string, { suffix: string; n: number; size: number }>();
  let nFolders = 0;
  let around: string[] = [];
  for await (const { key, size } of objects) {
    await turn();
    const parts = key.split('/');
    const file = parts.pop() ?? '';
    nFolders += parts.length - inCommon(around, parts);
    around = parts;
    const isMarker = file === '' && size === 0;
    let at: Named | null = root;
    for (let level = 0; at !== null; level++) {
      if (!isMarker) {
        at.folder.n_files += 1;
        at.folder.size += size;
      }
      const part = parts[level];
      if (part === undefined) break;
      at = folderIn(at, part, level, limits, perLevel);
    }
    if (isMarker) continue;
    if (at !== null) nameFile(at.folder, file, size, limits);
    count(suffixes, file, size);
  }
  prune(root, limits.named);
  return {
    n_folders: nFolders,
    n_files: root.folder.n_files,
    size: root.folder.size,
    suffixes: [...suffixes.values()].sort((a, b) => b.n - a.n || (a.suffix < b.suffix ? -1 : 1)),
    tree: root.folder,
  };
}

function emptyFolder(name: string): TreeFolder {
  return { name, n_files: 0, size: 0, folders: [], files: [], truncated: false };
}

function inCommon(a: readonly string[], b: readonly string[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1;
  return n;
}

/** Null where it is not named any more. */
function folderIn(at: Named, part: string, level: number, limits: TreeLimits, perLevel: number[]): Named | null {
  const known = at.below.get(part);
  if (known !== undefined) return known;
  const left = perLevel[level] ?? 0;
  if (left === 0 || at.below.size >= limits.folders) {
    at.folder.truncated = true;
    return null;
  }
  perLevel[level] = left - 1;
  const made: Named = { folder: emptyFolder(part), below: new Map() };
  at.below.set(part, made);
  at.folder.folders.push(made.folder);
  return made;
}

function nameFile(folder: TreeFolder, name: string, size: number, limits: TreeLimits): void {
  if (folder.files.length < limits.files) folder.files.push({ name, size });
  else folder.truncated = true;
}

function count(suffixes: Map<string, { suffix: string; n: number; size: number }>, file: string, size: number): void {
  const { suffix } = suffixOf(file);
  const found = suffixes.get(suffix) ?? { suffix, n: 0, size: 0 };
  found.n += 1;
  found.size += size;
  suffixes.set(suffix, found);
}

/** The upper levels are named first: so many folders in all. */
function prune(root: Named, most: number): void {
  let level: Named[] = [root];
  for (let left = most; level.length > 0;) {
    const next: Named[] = [];
    for (const at of level) {
      const kept = [...at.below.values()].slice(0, Math.max(0, left));
      left -= kept.length;
      if (kept.length < at.below.size) at.folder.truncated = true;
      at.folder.folders = kept.map(({ folder }) => folder);
      next.push(...kept);
    }
    level = next;
  }
}
