/** A folder that is one item: told, and looked at as a whole, without entering it for single files. */
import { unitOf, type Unit } from '../../shared/unit-profiles.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { lookAt, namesInFolder } from '../ports/fs/list-folder.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { Walk } from './compare-entry.ts';
import { inventoryFacts } from './inventory-reader.ts';

/** Once registered as one item, a folder stays one, whatever is taken out of it. */
const KNOWN: Unit = { profile: 'known', title: '', quiet: null, waitsFor: null };

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
  if (!rule.includes(folder)) return null;
  const told = unitOf({ name: splitRaw(folder).name, path: folder, names, beside }, rule.units);
  const isKnown = inventory.fileAt(folder)?.unit === true;
  if (told === null || isKnown) return told ?? (isKnown ? KNOWN : null);
  for (const _single of inventory.foldersBelow(folder)) return null;
  return told;
}

/** Compares the unit with the inventory. What is in it is counted, looked at and forgotten: any number of files. */
export function takeUnit(walk: Walk, folder: RawPath, unit: Unit): void {
  const { batches, inventory } = walk;
  walk.leftOut.add(folder);
  const facts = lookAtAll(walk, folder);
  if (facts === null) return;
  const known = inventory.fileAt(folder);
  if (known?.facts !== inventoryFacts(facts)) {
    walk.pending.delete(folder);
    batches.candidate(folder, facts, unit);
  } else if (known.gone) batches.back(folder);
}

/** Its own inode, the sum of sizes and the youngest times; null where not all of it could be looked at. */
function lookAtAll(walk: Walk, folder: RawPath): FileFacts | null {
  const { batches } = walk;
  const root = joinRaw(walk.request.root, folder);
  try {
    const own = lookAt(root);
    if (own?.kind !== 'folder') return null;
    let [size, mtime, ctime] = [0, BigInt(own.mtimeNs), BigInt(own.ctimeNs)];
    const open: RawPath[] = [root];
    for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
      batches.totals.folders += 1;
      for (const name of namesInFolder(inside) ?? []) {
        const path = joinRaw(inside, name);
        const facts = lookAt(path);
        batches.handOverIfDue();
        if (batches.ended()) return null;
        if (facts?.kind === 'folder') open.push(path);
        if (facts === null || facts.kind === 'symlink' || facts.kind === 'special') continue;
        if (BigInt(facts.mtimeNs) > mtime) mtime = BigInt(facts.mtimeNs);
        if (BigInt(facts.ctimeNs) > ctime) ctime = BigInt(facts.ctimeNs);
        if (facts.kind !== 'file') continue;
        size += facts.size;
        batches.totals.files += 1;
        batches.totals.bytes += facts.size;
      }
    }
    return { ...own, size, mtimeNs: String(mtime), ctimeNs: String(ctime) };
  } catch (error) {
    walk.closed.add(folder);
    walk.pending.delete(folder);
    batches.failed(folder, error);
    return null;
  }
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
  let beside: readonly RawPath[] | null = null;
  for (const part of parts) {
    const above = folder;
    folder = joinRaw(folder, part as RawPath);
    let isUnit = cache.get(folder);
    if (isUnit === undefined) {
      beside = namesOrNone(joinRaw(walk.request.root, above));
      const names = namesOrNone(joinRaw(walk.request.root, folder));
      isUnit = tellUnit(walk, folder, names, beside) !== null;
      cache.set(folder, isUnit);
    }
    if (isUnit) return folder;
  }
  return start;
}

/** What can't be read is told of where it is walked. */
function namesOrNone(folder: RawPath): readonly RawPath[] {
  try {
    return namesInFolder(folder) ?? [];
  } catch {
    return [];
  }
}
