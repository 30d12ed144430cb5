/** Whether a folder holds files that are known to be a storage's: what tells a share or a disk without a uuid. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { InventoryRow } from '../workstation/schema.ts';
import type { StorageContext } from './storage-context.ts';

/** So many files are looked for by name, from either end of the inventory. */
const SAMPLE = 32;
/** So many of them must be there; of fewer than five known files, half. */
const ENOUGH = 3;
/** Entries looked at when known names are gone and their inodes are looked for below the root. */
const MOST_ENTRIES = 20_000;

type KnownContext = Pick<StorageContext, 'workstation'> & { fs: Fs };

/**
 * True for a storage nothing is known of. An empty folder where files were is never the one: it is the bare mount
 * point. `proven`: the file system's uuid or the folder itself agrees, so that one entry of any name is enough.
 */
export async function hasKnownFiles(
  context: KnownContext,
  storageUid: string,
  root: RawPath,
  proven: boolean,
): Promise<boolean> {
  const known = await sample(context, storageUid);
  if (known.length === 0) return true;
  const entries = await context.fs.readFolder(root);
  if (entries.length === 0) return false;
  if (proven) return true;
  const enough = Math.min(ENOUGH, Math.ceil(known.length / 2));
  return (await foundByName(context.fs, root, known, enough)) || foundByInode(context.fs, root, known, enough);
}

async function sample({ workstation }: KnownContext, storageUid: string): Promise<InventoryRow[]> {
  const files = workstation.db
    .selectFrom('inventory')
    .selectAll()
    .where('storage_uid', '=', storageUid)
    .where('gone_since', 'is', null);
  const first = await files.orderBy('folder').orderBy('name').limit(SAMPLE).execute();
  if (first.length < SAMPLE) return first;
  const last = await files.orderBy('folder', 'desc').orderBy('name', 'desc').limit(SAMPLE).execute();
  const paths = new Set(first.map(pathOf));
  return [...first, ...last.filter((row) => !paths.has(pathOf(row)))];
}

function pathOf(row: InventoryRow): RawPath {
  return joinRaw(rawFromBytes(row.folder), rawFromBytes(row.name));
}

async function foundByName(fs: Fs, root: RawPath, known: InventoryRow[], enough: number): Promise<boolean> {
  let found = 0;
  for (const row of known) {
    const kind = row.unit === 1 ? 'folder' : 'file';
    if ((await fs.look(joinRaw(root, pathOf(row))))?.kind === kind) found += 1;
    if (found >= enough) return true;
  }
  return false;
}

/** Renamed or moved below the root: same inode, size and mtime. An inode alone is given to other files in time. */
async function foundByInode(fs: Fs, root: RawPath, known: InventoryRow[], enough: number): Promise<boolean> {
  const byInode = new Map(known.map((row) => [row.ino, row]));
  const open: RawPath[] = [root];
  let looked = 0;
  let found = 0;
  while (looked < MOST_ENTRIES) {
    const folder = open.pop();
    if (folder === undefined) return false;
    for (const { name, kind } of await readOrSkip(fs, folder, root)) {
      looked += 1;
      const path = joinRaw(folder, name);
      if (kind === 'folder') open.push(path);
      if (kind !== 'file') continue;
      const facts = await fs.look(path);
      const row = facts === null ? undefined : byInode.get(facts.ino);
      if (row !== undefined && row.size === facts?.size && row.mtime_ns === facts.mtimeNs) found += 1;
      if (found >= enough) return true;
    }
  }
  return false;
}

/** A folder below that can't be read hides its files, no more. */
async function readOrSkip(fs: Fs, folder: RawPath, root: RawPath): ReturnType<Fs['readFolder']> {
  try {
    return await fs.readFolder(folder);
  } catch (error) {
    if (folder !== root && error instanceof BenchkeepError) return [];
    throw error;
  }
}
