/** When a request to S3 is made again, and how long it may take: many clients that failed together don't come back together. */
import { wait, type Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';

export interface Pauses {
  /** Attempts of one request. */
  attempts: number;
  /** Ms before the second attempt, and between later ones. */
  firstPause: number;
  longestPause: number;
}

/** Ms that a store may ask for before the next attempt. Who asks for more is left alone until then. */
export const LONGEST_ASKED = 10_000;

/** Ms before attempt number `attempt`, from 1 for the second: twice as long after each, and at least half of that. */
export function pauseBefore(attempt: number, { firstPause, longestPause }: Pauses, random: Random): number {
  const whole = Math.min(longestPause, firstPause * 2 ** Math.min(30, attempt - 1));
  return whole * (0.5 + (random(1)[0] ?? 0) / 510);
}

interface Strategy {
  refreshRetryTokenForRetry(token: never, info: { retryAfterHint?: Date }): Promise<unknown>;
}

interface Purse {
  recordSuccess(token: never): void;
}

/** More than a purse of the SDK holds. */
const FULL = { getRetryCost: () => 1000 };

/**
 * The SDK has one purse for the retries of all requests of a client: after some thirty on a bad line nothing is tried
 * again until many requests went well, and of those that go the short way it knows nothing. Here each has its attempts.
 */
export function withFullPurse<S extends Strategy & Purse>(strategy: S): S {
  const refresh: Strategy['refreshRetryTokenForRetry'] = strategy.refreshRetryTokenForRetry.bind(strategy);
  strategy.refreshRetryTokenForRetry = (token, info) => {
    strategy.recordSuccess(FULL as never);
    return refresh(token, info);
  };
  return strategy;
}

/**
 * The SDK waits at most five seconds longer than it would anyhow. `strategy` waits as long as the store asks for, up to
 * `longest` (ms); where it asks for more, it gives up, and whoever asked comes back then (`retry_after`).
 */
export function heedRetryAfter<S extends Strategy>(strategy: S, longest: number, clock: Clock): S {
  const refresh: Strategy['refreshRetryTokenForRetry'] = strategy.refreshRetryTokenForRetry.bind(strategy);
  strategy.refreshRetryTokenForRetry = async (token, { retryAfterHint: hint, ...info }) => {
    const asked = hint === undefined ? 0 : hint.getTime() - clock.now();
    if (asked > longest) throw new Error('The store asks for a longer pause');
    if (asked > 0) await wait(clock, asked);
    return refresh(token, info);
  };
  return strategy;
}

/** Bytes a ms: a line slower than that, shared by all parts on their way, is as good as none. */
const SLOWEST = 4;

/** Ms for a whole request: a fixed time, and what its body takes. What stands still is noticed much sooner. */
export function longestRequest(base: number, body: unknown): number {
  return base + (body instanceof Uint8Array ? Math.ceil(body.byteLength / SLOWEST) : 0);
}
