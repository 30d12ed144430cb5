/** A folder that is one item: told, and looked at as a whole, without entering it for single files. */
import { fileWaitsFor, unitOf, type Unit } from '../../shared/tell-unit.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { lookAt, namesInFolder } from '../ports/fs/list-folder.ts';
import { listingDigest } from '../ports/fs/listing-digest.ts';
import { joinRaw, rawToDisplay, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { isOthers, type Walk } from './compare-entry.ts';
import { inventoryFacts } from './inventory-reader.ts';

/**
 * Once registered as one item, a folder stays one, whatever is taken out of it. It is read again when nobody has written
 * to it for a minute: who works in it pauses, and all of it is read each time.
 */
const KNOWN: Unit = { profile: 'known', title: '', quiet: 60, waitsFor: null };

/**
 * Null for an ordinary folder: also where files of it were registered one by one before (a rule that comes later is for
 * new folders), and where only certain files are asked for. `names` and `beside` in the order of their bytes.
 */
export function tellUnit(
  walk: Walk,
  folder: RawPath,
  names: readonly RawPath[],
  beside: readonly RawPath[],
): Unit | null {
  const { inventory, rule } = walk;
  if (inventory.fileAt(folder)?.unit === true) return KNOWN;
  if (!rule.includes(folder) || isAround(walk, folder)) return null;
  const told = unitOf(
    {
      name: splitRaw(folder).name,
      shown: rawToDisplay(splitRaw(folder).name),
      path: rawToDisplay(folder),
      names,
      beside,
      within: (name) => namesOrNone(joinRaw(walk.request.root, joinRaw(folder, name as RawPath))),
    },
    rule.units,
  );
  // A file of it that a person saved while it waits makes no difference.
  return told === null || (inventory.waitAt(folder) === null && hasSingles(walk, folder)) ? null : told;
}

/** Another storage lies in it, whose files are not to be of this item, too. */
function isAround({ request }: Walk, folder: RawPath): boolean {
  return request.nestedRoots.some((root) => relativeRaw(folder, root) !== null);
}

function hasSingles({ inventory }: Walk, folder: RawPath): boolean {
  for (const _single of inventory.foldersBelow(folder)) return true;
  return false;
}

/** Compares the unit with the inventory. What is in it is counted, looked at and forgotten: any number of files. */
export function takeUnit(walk: Walk, folder: RawPath, unit: Unit): void {
  const { batches, inventory } = walk;
  walk.leftOut.add(folder);
  const known = inventory.fileAt(folder);
  if (known === null && isOthers(walk, folder)) return;
  try {
    // While a file is not there that it waits for, nothing else about it matters.
    const look = unit.waitsFor === null ? lookAtAll(walk, folder) : lookAtItself(walk, folder);
    if (look === null) return;
    if (known?.facts !== inventoryFacts(look.facts)) {
      walk.pending.delete(folder);
      batches.candidate({ path: folder, unit, ...look });
    } else if (known.gone) batches.back(folder);
  } catch (error) {
    walk.closed.add(folder);
    walk.pending.delete(folder);
    batches.failed(folder, error);
  }
}

interface LookAtUnit {
  facts: FileFacts;
  touched: number;
}

function lookAtItself({ request }: Walk, folder: RawPath): LookAtUnit | null {
  const facts = lookAt(joinRaw(request.root, folder));
  return facts?.kind === 'folder' ? { facts, touched: 0 } : null;
}

/**
 * Its own inode, the sum of sizes, the latest time and, in place of a time of change, a digest over all files in it.
 * Null where it is gone or the walk ends. Errors: not all of it can be looked at.
 */
function lookAtAll({ batches, request }: Walk, folder: RawPath): LookAtUnit | null {
  const root = joinRaw(request.root, folder);
  const own = lookAt(root);
  if (own?.kind !== 'folder') return null;
  const digest = listingDigest();
  let [size, written, touched] = [0, 0n, 0n];
  const open: RawPath[] = ['' as RawPath];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    batches.totals.folders += 1;
    for (const name of namesInFolder(joinRaw(root, inside)) ?? []) {
      const path = joinRaw(inside, name);
      const facts = lookAt(joinRaw(root, path));
      batches.handOverIfDue();
      if (batches.ended()) return null;
      if (facts?.kind === 'folder') open.push(path);
      if (facts?.kind !== 'file') continue;
      digest.add(path, facts);
      const [mtime, ctime] = [BigInt(facts.mtimeNs), BigInt(facts.ctimeNs)];
      if (mtime > written) written = mtime;
      if (mtime > touched) touched = mtime;
      if (ctime > touched) touched = ctime;
      size += facts.size;
      batches.totals.files += 1;
      batches.totals.bytes += facts.size;
    }
  }
  const facts = { ...own, size, mtimeNs: String(written), ctimeNs: digest.value() };
  return { facts, touched: Number(touched / 1_000_000n) };
}

/**
 * Where a hint comes from inside a unit, the unit: it is looked at as a whole. `cache` holds what was told of folders
 * in this scan.
 */
export function unitAround(walk: Walk, start: RawPath, cache: Map<RawPath, boolean>): RawPath {
  const parts = splitRaw(start)
    .folder.split('/')
    .filter((part) => part !== '');
  let folder = '' as RawPath;
  for (const part of parts) {
    const above = folder;
    folder = joinRaw(folder, part as RawPath);
    let isUnit = cache.get(folder);
    if (isUnit === undefined) {
      isUnit = isUnitAt(walk, above, folder);
      cache.set(folder, isUnit);
    }
    if (isUnit) return folder;
  }
  return start;
}

function isUnitAt(walk: Walk, above: RawPath, folder: RawPath): boolean {
  if (walk.inventory.fileAt(folder)?.unit === true || walk.inventory.waitAt(folder) !== null) return true;
  // Asked for each hint: no folder is read of which it is known already that it is an ordinary one.
  if (hasSingles(walk, folder)) return false;
  const { root } = walk.request;
  return tellUnit(walk, folder, namesOrNone(joinRaw(root, folder)), namesOrNone(joinRaw(root, above))) !== null;
}

/** Why the file `path` is not complete, whatever it looks like: the marker that a rule asks for is not there; or null. */
export function fileWaits({ request, rule }: Walk, path: RawPath): string | null {
  const { folder, name } = splitRaw(path);
  const names = (): readonly RawPath[] => namesOrNone(joinRaw(request.root, folder));
  return fileWaitsFor({ name, shown: rawToDisplay(name), names }, rule.units);
}

/** What can't be read is told of where it is walked. */
function namesOrNone(folder: RawPath): readonly RawPath[] {
  try {
    return namesInFolder(folder) ?? [];
  } catch {
    return [];
  }
}
