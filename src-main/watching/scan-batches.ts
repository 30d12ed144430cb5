/** Gathers what a walk finds into batches of bounded size. */
import { toErrorData } from '../../shared/errors.ts';
import { failpoint } from '../ports/failpoint.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { Candidate, ScanBatch, ScanTotals, SkippedEntry } from './scanner.ts';

const BATCH_ENTRIES = 1000;
/** Ms after which a batch is handed over however small it is: what was found is to be seen soon. */
const BATCH_AGE = 200;
/** Links and special files named in one scan. */
const MOST_SKIPPED = 500;

export interface ScanBatches {
  readonly totals: ScanTotals;
  /** The walk is to end. */
  ended(): boolean;
  candidate(candidate: Candidate): void;
  gone(path: RawPath): void;
  back(path: RawPath): void;
  failed(path: RawPath, error: unknown): void;
  settled(path: RawPath): void;
  skipped(entry: SkippedEntry): void;
  /** Hands over what is there if it is enough or old enough. */
  handOverIfDue(): void;
  handOver(): void;
}

/** `give` hands a batch over and returns false to end the walk; `now` in ms of any steady clock. */
export function scanBatches(give: (batch: ScanBatch) => boolean, now: () => number): ScanBatches {
  const totals: ScanTotals = { folders: 0, files: 0, bytes: 0, skipped: 0, failed: 0 };
  let batch = emptyBatch(totals);
  let entries = 0;
  let since = now();
  let ended = false;
  let named = 0;

  function handOver(): void {
    if (ended) return;
    failpoint('scan.batch.before');
    if (!give({ ...batch, totals: { ...totals } })) ended = true;
    failpoint('scan.batch.after');
    batch = emptyBatch(totals);
    entries = 0;
    since = now();
  }
  function count(): void {
    entries += 1;
    if (entries >= BATCH_ENTRIES) handOver();
  }

  return {
    totals,
    ended: () => ended,
    candidate(candidate) {
      batch.candidates.push(candidate);
      count();
    },
    gone(path) {
      batch.gone.push(path);
      count();
    },
    back(path) {
      batch.back.push(path);
      count();
    },
    failed(path, error) {
      totals.failed += 1;
      batch.failed.push({ path, error: toErrorData(error) });
      count();
    },
    settled(path) {
      batch.settled.push(path);
      count();
    },
    skipped(entry) {
      totals.skipped += 1;
      if (named >= MOST_SKIPPED) return;
      named += 1;
      batch.skipped.push(entry);
    },
    handOverIfDue() {
      if (now() - since >= BATCH_AGE) handOver();
    },
    handOver,
  };
}

function emptyBatch(totals: ScanTotals): ScanBatch {
  return { candidates: [], gone: [], back: [], failed: [], settled: [], skipped: [], totals };
}
