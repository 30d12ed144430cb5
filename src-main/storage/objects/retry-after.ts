/** A server that wants to be asked less often. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { systemClock } from '../../ports/clock.ts';

/** `told`: its Retry-After, in seconds or as a date (RFC 9110, 10.2.3). */
export function retryAfter(root: string, told: string | null | undefined, now = systemClock.now()): BenchkeepError {
  const text = told ?? '';
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  const when =
    Number.isFinite(seconds) && seconds > 0
      ? seconds < 90
        ? `Try again in ${String(seconds)} seconds.`
        : `Try again in ${String(Math.ceil(seconds / 60))} minutes.`
      : 'Try again in some minutes.';
  return new BenchkeepError('offline', `${root} was asked too often`, when, {
    retry: true,
    ...(Number.isFinite(seconds) && seconds > 0 ? { details: { retry_after: seconds } } : {}),
  });
}
