/** The walk of a scan: folder by folder against the inventory, in memory that doesn't grow with the storage. Synchronous, for its own thread. */
import { toErrorData } from '../../shared/errors.ts';
import { failpoint } from '../ports/failpoint.ts';
import { listFolder, type FolderContent } from '../ports/fs/list-folder.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ScanBatch, ScanRequest, ScanTotals } from './scanner.ts';
import { isIncluded, isJunk } from './watch-rule.ts';

/** What the inventory knows of a file: the facts that tell a change, joined, and whether it is noted as gone. */
export interface KnownFile {
  /** `inventoryFacts` of it. */
  facts: string;
  gone: boolean;
}

export interface InventoryReader {
  filesOf(folder: RawPath): Map<RawPath, KnownFile>;
  /** Folders of the storage at or below `start` that hold known files. */
  foldersBelow(start: RawPath): RawPath[];
}

/** A batch is handed over when it has this many entries, or this many folders were walked since the last. */
const BATCH_ENTRIES = 1000;
const BATCH_FOLDERS = 200;

/** The device is left out: its number changes when a drive is plugged in again. */
export function inventoryFacts(facts: { size: number; mtimeNs: string; ctimeNs: string; ino: string }): string {
  return `${String(facts.size)} ${facts.mtimeNs} ${facts.ctimeNs} ${facts.ino}`;
}

/** `give` hands a batch over and returns false to end the walk. */
export function walkStorage(request: ScanRequest, inventory: InventoryReader, give: (batch: ScanBatch) => boolean): ScanTotals {
  const totals: ScanTotals = { folders: 0, files: 0, bytes: 0, skipped: 0, failed: 0 };
  const nested = new Set<string>(request.nestedRoots);
  let batch = emptyBatch(totals);
  let foldersInBatch = 0;
  let ended = false;

  function flush(): void {
    failpoint('scan.batch.before');
    if (!give({ ...batch, totals: { ...totals } })) ended = true;
    batch = emptyBatch(totals);
    foldersInBatch = 0;
    failpoint('scan.batch.after');
  }

  for (const start of request.start) {
    const walked = new Set<RawPath>();
    const unreadable: RawPath[] = [];
    const loops = new Set<string>();
    const open: RawPath[] = [start];
    while (open.length > 0 && !ended) {
      const folder = open.pop() ?? start;
      failpoint('scan.folder.before');
      const content = contentOf(folder, request, batch);
      failpoint('scan.folder.after');
      if (content === 'unreadable') {
        unreadable.push(folder);
        totals.failed += 1;
      } else if (content !== null) {
        walked.add(folder);
        totals.folders += 1;
        compare(folder, content, inventory, request, batch, totals);
        for (const { name, id } of content.folders) {
          const below = joinRaw(folder, name);
          if (isJunk(name) || loops.has(id) || nested.has(joinRaw(request.root, below))) totals.skipped += 1;
          else {
            loops.add(id);
            open.push(below);
          }
        }
      }
      foldersInBatch += 1;
      if (batch.candidates.length + batch.gone.length >= BATCH_ENTRIES || foldersInBatch >= BATCH_FOLDERS) flush();
    }
    if (!ended) noteVanishedFolders(start, walked, unreadable, inventory, batch);
  }
  if (!ended) flush();
  return totals;
}

function emptyBatch(totals: ScanTotals): ScanBatch {
  return { candidates: [], gone: [], back: [], failed: [], totals };
}

/** Null where the folder is gone. */
function contentOf(folder: RawPath, request: ScanRequest, batch: ScanBatch): FolderContent | null | 'unreadable' {
  try {
    return listFolder(joinRaw(request.root, folder), () => true);
  } catch (error) {
    batch.failed.push({ path: folder, error: toErrorData(error) });
    return 'unreadable';
  }
}

function compare(
  folder: RawPath,
  content: FolderContent,
  inventory: InventoryReader,
  request: ScanRequest,
  batch: ScanBatch,
  totals: ScanTotals,
): void {
  const known = inventory.filesOf(folder);
  totals.skipped += content.special.length;
  for (const { name, facts } of content.files) {
    const path = joinRaw(folder, name);
    const before = known.get(name);
    known.delete(name);
    if (isJunk(name) || !isIncluded(path, request.rule)) {
      totals.skipped += 1;
      continue;
    }
    totals.files += 1;
    totals.bytes += facts.size;
    if (before === undefined || before.facts !== inventoryFacts(facts)) batch.candidates.push({ path, facts });
    else if (before.gone) batch.back.push(path);
  }
  for (const { name, error } of content.failed) {
    totals.failed += 1;
    known.delete(name);
    batch.failed.push({ path: joinRaw(folder, name), error });
  }
  for (const [name, file] of known) if (!file.gone) batch.gone.push(joinRaw(folder, name));
}

/** Folders of the inventory that the walk did not come to: gone, unless they lie below one that can't be read. */
function noteVanishedFolders(
  start: RawPath,
  walked: ReadonlySet<RawPath>,
  unreadable: readonly RawPath[],
  inventory: InventoryReader,
  batch: ScanBatch,
): void {
  for (const folder of inventory.foldersBelow(start)) {
    if (walked.has(folder)) continue;
    if (unreadable.some((closed) => folder === closed || closed === '' || folder.startsWith(`${closed}/`))) continue;
    for (const [name, file] of inventory.filesOf(folder)) if (!file.gone) batch.gone.push(joinRaw(folder, name));
  }
}
