/**
 * The walk of a scan: folder by folder against the inventory, in memory that doesn't grow with the number of files.
 * Synchronous, for its own thread.
 */
import { failpoint } from '../ports/failpoint.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { lookAt, namesInFolder } from '../ports/fs/list-folder.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { compareEntry, isStillGone, type Walk } from './compare-entry.ts';
import type { InventoryReader, KnownFile } from './inventory-reader.ts';
import { scanBatches } from './scan-batches.ts';
import type { ScanBatch, ScanRequest, ScanTotals } from './scanner.ts';
import { takeUnit, tellUnit, unitAround } from './walk-unit.ts';
import { compileRule, isJunk } from './watch-rule.ts';

const ROOT = '' as RawPath;

/** `give` hands a batch over and returns false to end the walk; `now` in ms of a steady clock, asked at every entry. */
export function walkStorage(
  request: ScanRequest,
  inventory: InventoryReader,
  give: (batch: ScanBatch) => boolean,
  now: () => number,
): ScanTotals {
  const batches = scanBatches(give, now);
  const rule = compileRule(request.rule);
  const parents = new Map<RawPath, FileFacts | null>();
  const units = new Map<RawPath, boolean>();
  const walked = new Set<RawPath>();
  for (const asked of request.start) {
    if (batches.ended()) break;
    const walk: Walk = {
      request,
      inventory,
      batches,
      rule,
      pending: new Set(),
      closed: new Set(),
      leftOut: new Set(),
    };
    const start = unitAround(walk, asked, units);
    // Many hints from inside a unit are one look at it.
    if (start !== asked && (walked.has(start) || isLookedAtLater(walk, start))) continue;
    walked.add(start);
    for (const path of inventory.inboxBelow(start)) walk.pending.add(path);
    walkFrom(walk, start, parents);
  }
  batches.handOver();
  return batches.totals;
}

/**
 * A unit that waits for its writer to be quiet has its time: until then nothing that happens in it makes a look, each of
 * which may be at 100,000 files. Whether a file is there that it waits for is told by a glance.
 */
function isLookedAtLater({ inventory, request }: Walk, unit: RawPath): boolean {
  const wait = inventory.waitAt(unit);
  return wait !== null && wait.cause !== 'unit' && request.asOf !== undefined && wait.due > request.asOf;
}

/** Looks at `start`, walks it where it is a folder, then at what is known below and was not come upon. */
function walkFrom(walk: Walk, start: RawPath, parents: Map<RawPath, FileFacts | null>): void {
  const { batches } = walk;
  const walked = new Set<RawPath>();
  const above = standingOn(walk, start, parents);
  if (above !== null) {
    const open: OpenFolder[] = [];
    if (start === ROOT) open.push({ path: ROOT, beside: [] });
    else {
      const known = walk.inventory.fileAt(start);
      const folder = compareEntry(walk, start, known);
      if (folder !== null && !above.has(folder)) open.push({ path: start, beside: besides(walk, start) });
      if (folder !== null) above.add(folder);
    }
    for (let folder = open.pop(); folder !== undefined && !batches.ended(); folder = open.pop()) {
      open.push(...walkFolder(walk, folder, walked, above).reverse());
      batches.handOverIfDue();
    }
  }
  if (batches.ended()) return;
  const known = above === null && walk.closed.size + walk.leftOut.size === 0 ? walk.inventory.fileAt(start) : null;
  if (known !== null) noteIfGone(walk, splitRaw(start).folder, known);
  noteVanishedFolders(walk, start, walked);
  for (const path of walk.pending) if (!isBelowAny(path, walk.closed)) batches.settled(path);
}

interface OpenFolder {
  path: RawPath;
  /** Names in the folder that it lies in. */
  beside: readonly RawPath[];
}

function besides(walk: Walk, path: RawPath): readonly RawPath[] {
  try {
    return namesInFolder(absolute(walk, splitRaw(path).folder)) ?? [];
  } catch {
    // Told where it is walked.
    return [];
  }
}

/**
 * Ids of the folders that `start` lies in, the root first: no folder of them is walked again below (loops of bind
 * mounts). Null where `start` can't be come to: left out, gone with a folder above, or behind a link.
 */
function standingOn(walk: Walk, start: RawPath, parents: Map<RawPath, FileFacts | null>): Set<string> | null {
  const ids = new Set<string>();
  const parts =
    start === ROOT
      ? []
      : splitRaw(start)
          .folder.split('/')
          .filter((part) => part !== '');
  let folder = ROOT;
  for (const part of [ROOT, ...parts]) {
    if (part !== ROOT) {
      folder = joinRaw(folder, part as RawPath);
      if (isJunk(part as RawPath) || walk.rule.excludes(folder)) {
        walk.leftOut.add(folder);
        return null;
      }
    }
    try {
      const known = parents.get(folder);
      const facts = known === undefined ? lookAt(absolute(walk, folder)) : known;
      parents.set(folder, facts);
      if (facts?.kind !== 'folder') return null;
      ids.add(fileId(facts));
    } catch (error) {
      // Nothing below can be told, only that it can't be looked at.
      walk.closed.add(folder);
      walk.pending.delete(start);
      walk.batches.failed(start, error);
      return null;
    }
  }
  return ids;
}

/** Compares one folder with the inventory, entry by entry in the order of names. Returns the folders in it. */
function walkFolder(
  walk: Walk,
  { path: folder, beside }: OpenFolder,
  walked: Set<RawPath>,
  ids: Set<string>,
): OpenFolder[] {
  const { batches, inventory } = walk;
  failpoint('scan.folder.before');
  let names: RawPath[] | null;
  try {
    names = namesInFolder(absolute(walk, folder));
  } catch (error) {
    walk.closed.add(folder);
    walk.pending.delete(folder);
    batches.failed(folder, error);
    return [];
  } finally {
    failpoint('scan.folder.after');
  }
  if (names === null) return [];
  walked.add(folder);
  const unit = folder === ROOT ? null : tellUnit(walk, folder, names, beside);
  if (unit !== null) {
    takeUnit(walk, folder, unit);
    return [];
  }
  batches.totals.folders += 1;
  const folders: OpenFolder[] = [];
  const known = inventory.filesOf(folder)[Symbol.iterator]();
  let next = known.next();
  const takeUpTo = (name: RawPath | null): KnownFile | null => {
    while (next.done !== true && (name === null || next.value.name < name)) {
      noteIfGone(walk, folder, next.value);
      next = known.next();
    }
    if (next.done === true || next.value.name !== name) return null;
    const file = next.value;
    next = known.next();
    return file;
  };
  for (const name of names) {
    if (batches.ended()) return [];
    const path = joinRaw(folder, name);
    const id = compareEntry(walk, path, takeUpTo(name));
    batches.handOverIfDue();
    if (id === null) continue;
    if (ids.has(id)) {
      batches.totals.skipped += 1;
      walk.leftOut.add(path);
    } else {
      ids.add(id);
      folders.push({ path, beside: names });
    }
  }
  takeUpTo(null);
  return folders;
}

/** Folders of the inventory that the walk did not come to: gone, unless nobody looked. */
function noteVanishedFolders(walk: Walk, start: RawPath, walked: ReadonlySet<RawPath>): void {
  for (const folder of walk.inventory.foldersBelow(start)) {
    if (walk.batches.ended()) return;
    if (walked.has(folder) || isBelowAny(folder, walk.closed) || isBelowAny(folder, walk.leftOut)) continue;
    for (const file of walk.inventory.filesOf(folder)) noteIfGone(walk, folder, file);
  }
}

function noteIfGone(walk: Walk, folder: RawPath, file: KnownFile): void {
  const path = joinRaw(folder, file.name);
  if (!file.gone && isStillGone(walk, path, file.unit)) walk.batches.gone(path);
}

function absolute({ request }: Walk, path: RawPath): RawPath {
  return path === ROOT ? request.root : joinRaw(request.root, path);
}

/** True where `path` is one of `folders` or lies below one. */
function isBelowAny(path: RawPath, folders: ReadonlySet<RawPath>): boolean {
  if (folders.size === 0) return false;
  if (folders.has(path) || folders.has(ROOT)) return true;
  for (let above = splitRaw(path).folder; above !== ROOT; above = splitRaw(above).folder)
    if (folders.has(above)) return true;
  return false;
}
