/** What a try that failed means: when the next one is, for whom it counts, and whether waiting helps. */
import type { ErrorCode, ErrorData } from '../../shared/errors.ts';

/** Ms: twice as long after each failure, up to the longest. */
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = 30 * 60_000;
const DAY = 24 * 3600_000;
/** As often somebody who waits for it sees it fail for what may pass before they are told. */
const PATIENCE = 3;

/**
 * Ms. `failed`: tries in a row, this one too; `random` from 0 to 1: many that failed together don't come together again.
 * Not sooner than the store asks for (`retry_after` of the error, in seconds), within a day.
 */
export function pauseAfter(
  failed: number,
  random: number,
  error: { details?: ErrorData['details'] | undefined } = {},
): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(20, failed - 1)) * (0.5 + random / 2);
  const asked = error.details?.['retry_after'];
  return typeof asked === 'number' && asked > 0 ? Math.max(pause, Math.min(DAY, asked * 1000)) : pause;
}

/** Not of one file but of the whole store: the others would fail alike, so they are not tried meanwhile. */
export function isOfStore({ code, details }: ErrorData): boolean {
  return STORE.has(code) && details?.['drive'] !== true;
}
const STORE: ReadonlySet<ErrorCode> = new Set([
  'offline',
  'not_signed_in',
  'not_allowed',
  'bucket_not_found',
  'storage_managed_elsewhere',
]);

/** Nobody answered. A store that said when to come again did. */
export function isUnheard({ code, details }: ErrorData): boolean {
  return code === 'offline' && details?.['drive'] !== true && typeof details?.['retry_after'] !== 'number';
}

/** Somebody has to do something, or it failed too often: whoever waits for it is told. */
export function isToldAtOnce({ code, retry, details }: ErrorData, failed: number): boolean {
  if (failed >= PATIENCE || details?.['drive'] === true) return true;
  return (
    !retry ||
    code === 'wrong_content' ||
    code === 'not_signed_in' ||
    code === 'bucket_not_found' ||
    code === 'not_allowed'
  );
}
