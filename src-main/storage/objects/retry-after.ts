/** A server that wants to be asked less often. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { systemClock } from '../../ports/clock.ts';

/** Seconds; null where it is not told. `told`: a Retry-After, in seconds or as a date (RFC 9110, 10.2.3). */
export function secondsAsked(told: string | null | undefined, now = systemClock.now()): number | null {
  const text = told ?? '';
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

/** `told`: its Retry-After. */
export function retryAfter(root: string, told: string | null | undefined, now = systemClock.now()): BenchkeepError {
  const seconds = secondsAsked(told, now);
  const when =
    seconds !== null
      ? seconds < 90
        ? `Try again in ${String(seconds)} seconds.`
        : `Try again in ${String(Math.ceil(seconds / 60))} minutes.`
      : 'Try again in some minutes.';
  return new BenchkeepError('offline', `${root} was asked too often`, when, {
    retry: true,
    ...(seconds === null ? {} : { details: { retry_after: seconds } }),
  });
}
