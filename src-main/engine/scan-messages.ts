/** What the engine and its scan threads say to each other. */
import type { ErrorData } from '../../shared/errors.ts';
import type { FolderSurvey } from '../../shared/contract/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ScanBatch, ScanRequest, ScanTotals } from '../watching/index.ts';

/** Slots of `control`: batches that the engine has worked off, whether the walk is to end, and what shows that it goes on. */
export const WORKED_OFF = 0;
export const CANCELLED = 1;
export const BEAT = 2;

export type ToScan =
  | { type: 'scan'; request: ScanRequest; workstation: RawPath; control: Int32Array }
  | { type: 'writers'; files: ReadonlySet<string>; control: Int32Array }
  | { type: 'survey'; root: RawPath; control: Int32Array };

export type FromScan =
  | { type: 'batch'; batch: ScanBatch }
  | { type: 'counts'; counts: FolderSurvey }
  | { type: 'scanned'; totals: ScanTotals }
  | { type: 'writing'; files: string[] }
  | { type: 'surveyed'; counts: FolderSurvey }
  | { type: 'failed'; error: ErrorData };
