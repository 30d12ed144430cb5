/** What a scan of a watched folder asks and tells. The walking runs in a thread of its own (`engine/scan-client`). */
import type { ErrorData } from '../../shared/errors.ts';
import type { FolderSurvey, WatchRule } from '../../shared/contract/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';

export interface ScanRequest {
  storageUid: string;
  /** Absolute. */
  root: RawPath;
  rule: WatchRule;
  /** Folders below the root to begin at, '' for all of it. */
  start: RawPath[];
  /** Absolute roots below this one that belong to other storages: they own their files. */
  nestedRoots: RawPath[];
}

/** A file that the inventory doesn't know as it is now. */
export interface Candidate {
  /** Below the root. */
  path: RawPath;
  facts: FileFacts;
}

/** Differences between disk and inventory; everything else is only counted. */
export interface ScanBatch {
  candidates: Candidate[];
  /** In the inventory, not on the disk, though their folder could be read. */
  gone: RawPath[];
  /** Were noted as gone, and are there again as they were. */
  back: RawPath[];
  failed: { path: RawPath; error: ErrorData }[];
  totals: ScanTotals;
}

/** Counts since the beginning of the scan. */
export interface ScanTotals {
  folders: number;
  files: number;
  bytes: number;
  /** Junk, temporary, linked and special entries. */
  skipped: number;
  failed: number;
}

export interface Scanner {
  /** Walks and hands over batches one after the other; the walk waits while `onBatch` works. */
  scan(request: ScanRequest, onBatch: (batch: ScanBatch) => Promise<void>, signal?: AbortSignal): Promise<ScanTotals>;
  /** Counts without an inventory. */
  survey(root: RawPath, onCounts: (counts: FolderSurvey) => void, signal?: AbortSignal): Promise<FolderSurvey>;
  close(): Promise<void>;
}

/** A source of hints that something happened below a root; only a scan or a look tells what. */
export interface HintSource {
  /** `onHint`: absolute path; `onProblem`: hints may be lost from now on, in plain words. */
  watch(root: RawPath, onHint: (paths: RawPath[]) => void, onProblem: (problem: WatchProblem) => void): () => void;
  close(): Promise<void>;
}

export interface WatchProblem {
  /** `limit`: the system watches no more folders; `overflow`: some hints were lost; `stopped`: none come any more. */
  kind: 'limit' | 'overflow' | 'stopped';
  reason: string;
}
