/** Folders and files of a storage with counts by suffix. The counts are whole, the lists are cut to what people read. */
import { suffixOf } from '../../shared/suffixes.ts';
import type { StorageTree, TreeFolder } from '../../shared/contract/index.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { refuseAddress } from './add-storage.ts';
import { findStorage } from './find-storage.ts';
import { localRoot } from './local-root.ts';
import { checkRoot } from './root-identity.ts';
import type { StorageContext } from './storage-context.ts';

const DEEPEST_SHOWN = 4;
const MOST_SHOWN = 50;

/** Hidden files too; links are not followed. Errors: `offline`, `not_found`. */
export async function storageTree(context: StorageContext, input: { storage: string }): Promise<StorageTree> {
  refuseAddress(input.storage);
  const storage = await findStorage(context.registry.db, input.storage);
  const root = localRoot(storage);
  const check = await checkRoot(context, storage);
  if (!check.attached) throw new BenchkeepError('offline', check.reason, 'Connect it, then try again.', { retry: true });
  const suffixes = new Map<string, { n: number; size: number }>();
  let folders = 0;

  async function walk(folder: RawPath, name: string, depth: number): Promise<TreeFolder> {
    const tree: TreeFolder = { name, n_files: 0, size: 0, folders: [], files: [], truncated: false };
    const entries = (await context.fs.readFolder(folder)).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = joinRaw(folder, entry.name);
      if (entry.kind === 'folder') {
        folders += 1;
        const below = await walk(path, rawToDisplay(entry.name), depth + 1);
        tree.n_files += below.n_files;
        tree.size += below.size;
        if (depth < DEEPEST_SHOWN && tree.folders.length < MOST_SHOWN) tree.folders.push(below);
        else tree.truncated = true;
      } else if (entry.kind === 'file') {
        const facts = await context.fs.look(path);
        if (facts === null) continue;
        tree.n_files += 1;
        tree.size += facts.size;
        count(rawToDisplay(entry.name), facts.size);
        if (depth <= DEEPEST_SHOWN && tree.files.length < MOST_SHOWN) tree.files.push({ name: rawToDisplay(entry.name), size: facts.size });
        else tree.truncated = true;
      }
    }
    return tree;
  }

  function count(name: string, size: number): void {
    const { suffix } = suffixOf(name);
    const known = suffixes.get(suffix) ?? { n: 0, size: 0 };
    suffixes.set(suffix, { n: known.n + 1, size: known.size + size });
  }

  const tree = await walk(root, storage.root, 0);
  return {
    root: storage.root,
    n_folders: folders,
    n_files: tree.n_files,
    size: tree.size,
    suffixes: [...suffixes].map(([suffix, counts]) => ({ suffix, ...counts })).sort((a, b) => b.n - a.n),
    tree,
  };
}
