/** One entry of a watched folder against the inventory: what a walk does with each name it comes upon. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { lookAt } from '../ports/fs/list-folder.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import { joinRaw, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { inventoryFacts, type InventoryReader, type KnownFile } from './inventory-reader.ts';
import type { ScanBatches } from './scan-batches.ts';
import type { ScanRequest } from './scanner.ts';
import { fileWaits } from './walk-unit.ts';
import { isJunk, type PathRule } from './watch-rule.ts';

/** A walk from one start. */
export interface Walk {
  request: ScanRequest;
  inventory: InventoryReader;
  batches: ScanBatches;
  rule: PathRule;
  /** Paths of the inbox that were not come upon yet. */
  pending: Set<RawPath>;
  /** What could not be looked into: nothing is told of what is below. */
  closed: Set<RawPath>;
  /** What nobody wants to look into: what is known below stays as it is, nothing below is waited for. */
  leftOut: Set<RawPath>;
}

/** The folder's id (`fileId`) where `path` is a folder to be walked, else null. */
export function compareEntry(walk: Walk, path: RawPath, known: KnownFile | null): string | null {
  const { batches } = walk;
  const { name } = splitRaw(path);
  if (isJunk(name)) {
    batches.totals.skipped += 1;
    walk.leftOut.add(path);
    return null;
  }
  let facts: FileFacts | null;
  try {
    facts = lookAt(joinRaw(walk.request.root, path));
  } catch (error) {
    walk.closed.add(path);
    walk.pending.delete(path);
    batches.failed(path, error);
    return null;
  }
  if (facts?.kind === 'file') {
    compareFile(walk, path, facts, known);
    return null;
  }
  // A known unit is compared as a whole when it is come to.
  if (known?.gone === false && !(known.unit && facts?.kind === 'folder')) batches.gone(path);
  if (facts?.kind === 'symlink' || facts?.kind === 'special') batches.skipped({ path, kind: facts.kind });
  return facts?.kind === 'folder' && isEntered(walk, path, known) ? fileId(facts) : null;
}

function compareFile(walk: Walk, path: RawPath, facts: FileFacts, known: KnownFile | null): void {
  const { batches, rule } = walk;
  if (known === null && isOthers(walk, path)) return;
  if (known?.facts !== inventoryFacts(facts)) {
    if (!rule.includes(path) || rule.excludes(path)) {
      batches.totals.skipped += 1;
      return;
    }
    walk.pending.delete(path);
    const waitsFor = known === null ? fileWaits(walk, path) : null;
    batches.candidate(waitsFor === null ? { path, facts } : { path, facts, waitsFor });
  } else if (known.gone) batches.back(path);
  batches.totals.files += 1;
  batches.totals.bytes += facts.size;
}

/** Nothing is there, or not a file: asked once more, since a folder may change while it is read. */
export function isStillGone(walk: Walk, path: RawPath, isUnit: boolean): boolean {
  try {
    return lookAt(joinRaw(walk.request.root, path))?.kind !== (isUnit ? 'folder' : 'file');
  } catch {
    // It can't be looked at: then nothing is said about it here; its folder was or will be reported as failed.
    return false;
  }
}

/** The root of another storage is entered only for what was registered here before. */
function isEntered(walk: Walk, folder: RawPath, known: KnownFile | null): boolean {
  if (walk.rule.excludes(folder)) walk.batches.totals.skipped += 1;
  else if (!isNested(walk, folder) || known?.unit === true) return true;
  else for (const _known of walk.inventory.foldersBelow(folder)) return true;
  walk.leftOut.add(folder);
  return false;
}

/** True for a file that is not known here and belongs to the storage of a root below, or was registered by one around. */
export function isOthers(walk: Walk, path: RawPath): boolean {
  const { outerStorages } = walk.request;
  return (
    isNested(walk, path) ||
    outerStorages.some(({ storageUid, prefix }) => walk.inventory.ownedBy(storageUid, joinRaw(prefix, path)))
  );
}

function isNested({ request }: Walk, path: RawPath): boolean {
  return request.nestedRoots.some((root) => relativeRaw(root, path) !== null);
}
