/** What a scan of a watched folder asks and tells. The walking runs in a thread of its own (`engine/scan-client`). */
import type { Unit } from '../../shared/tell-unit.ts';
import type { ErrorData } from '../../shared/errors.ts';
import type { FolderSurvey, WatchRule } from '../../shared/contract/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';

export interface ScanRequest {
  storageUid: string;
  /** Absolute. */
  root: RawPath;
  rule: WatchRule;
  /** Where to look, below the root: folders are walked, files looked at, '' is all of it. */
  start: RawPath[];
  /** Wall clock (ms): what waits and is due later is not looked at for a hint from inside it. */
  asOf?: number;
  /** Roots of other storages below this one, relative: new files there are theirs. */
  nestedRoots: RawPath[];
  /** Storages around this root: what they have registered below it stays theirs. */
  outerStorages: { storageUid: string; /** This root, relative to theirs. */ prefix: RawPath }[];
}

/** A file that the inventory doesn't know as it is now. */
export interface Candidate {
  /** Below the root. */
  path: RawPath;
  /** Of a unit: its own inode, the sum of sizes, the latest time and a digest of all in it (`walk-unit`). */
  facts: FileFacts;
  /** Set for a folder that is one item. */
  unit?: Unit;
  /** Of a unit: wall-clock ms of the last write to anything in it. */
  touched?: number;
  /** Of a file: what is not there yet that says it is complete, in words. */
  waitsFor?: string;
}

/** Links, sockets, pipes and devices: never opened, never followed. */
export interface SkippedEntry {
  path: RawPath;
  kind: 'symlink' | 'special';
}

/** Differences between disk and inventory; everything else is only counted. */
export interface ScanBatch {
  candidates: Candidate[];
  /** In the inventory, not on the disk, though their folder could be read. */
  gone: RawPath[];
  /** Were noted as gone, and are there again as they were. */
  back: RawPath[];
  failed: { path: RawPath; error: ErrorData }[];
  /** In the inbox, and nothing to wait for any more: gone, as registered, or left out. */
  settled: RawPath[];
  /** The first of them only; `totals.skipped` counts all. */
  skipped: SkippedEntry[];
  totals: ScanTotals;
}

/** Counts since the beginning of the scan. */
export interface ScanTotals {
  folders: number;
  files: number;
  bytes: number;
  /** Junk, temporary, excluded, linked and special entries. */
  skipped: number;
  failed: number;
}

export interface Scanner {
  /**
   * Walks and hands over batches one after the other; the walk waits while `onBatch` works. One scan of a storage at
   * a time: a second one waits for its turn. Settles only when `onBatch` has.
   */
  scan(request: ScanRequest, onBatch: (batch: ScanBatch) => Promise<void>, signal?: AbortSignal): Promise<ScanTotals>;
  /** Which of these files (`fileId`) some program holds open for writing, where the platform tells. */
  openForWriting(files: ReadonlySet<string>): Promise<ReadonlySet<string>>;
  /** Counts without an inventory. */
  survey(root: RawPath, onCounts: (counts: FolderSurvey) => void, signal?: AbortSignal): Promise<FolderSurvey>;
  close(): Promise<void>;
}

/** A source of hints that something happened below a root; only a scan tells what. */
export interface HintSource {
  /**
   * `onHint`: absolute paths. `onProblem`: hints were or will be lost; the latest one stands, and after `overflow`
   * hints come again. The source goes on trying by itself. Returns what ends the watch.
   */
  watch(root: RawPath, onHint: (paths: RawPath[]) => void, onProblem: (problem: WatchProblem) => void): () => void;
  close(): Promise<void>;
}

export interface WatchProblem {
  /** `limit`: the system watches no more folders; `overflow`: some hints were lost; `stopped`: none come any more. */
  kind: 'limit' | 'overflow' | 'stopped';
  /** In plain words. */
  reason: string;
}
