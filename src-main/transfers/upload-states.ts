/** What the states of an upload and the errors that it ends with mean, for all who decide by them (`design.md`). */
import { BenchkeepError, type ErrorCode } from '../../shared/errors.ts';
import type { TransferState } from '../workstation/schema.ts';
import { OVER as OVER_STATES } from '../workstation/transfer-rows.ts';

/** The file is read (again). */
export const READING: ReadonlySet<TransferState> = new Set(['planned', 'sending']);
/** Nothing of it is verified in the store. */
export const UNPROVEN: ReadonlySet<TransferState> = new Set(['planned', 'sending', 'completing']);
/** Nobody goes on with it. */
export const OVER: ReadonlySet<TransferState> = new Set(OVER_STATES);

/** What is here is not any more what was to be sent. */
const SOURCE_LOST: ReadonlySet<ErrorCode> = new Set(['file_changed', 'file_not_found']);
/** No further try sends anything else. */
const ENDS_UPLOAD: ReadonlySet<ErrorCode> = new Set([...SOURCE_LOST, 'already_exists', 'invalid_key']);

export function isSourceLost(error: unknown): error is BenchkeepError {
  return error instanceof BenchkeepError && SOURCE_LOST.has(error.code);
}

export function endsUpload(error: unknown): error is BenchkeepError {
  return error instanceof BenchkeepError && ENDS_UPLOAD.has(error.code) && !error.retry;
}
