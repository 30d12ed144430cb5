/** F-UP03: pauses between attempts, and how long one may take. */
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src-main/ports/clock.ts';
import {
  heedRetryAfter,
  longestRequest,
  pauseBefore,
  withFullPurse,
} from '../../../src-main/storage/objects/s3-retries.ts';
import { s3Failure } from '../../../src-main/storage/objects/s3-failure.ts';
import { pauseAfter } from '../../../src-main/transfers/failed-try.ts';

const pauses = { attempts: 10, firstPause: 250, longestPause: 10_000 };
const random = (byte: number) => () => Uint8Array.of(byte);

test('F-UP03 clients that failed together do not come back together', () => {
  const soonest = [1, 2, 3, 9].map((attempt) => pauseBefore(attempt, pauses, random(0)));
  const latest = [1, 2, 3, 9].map((attempt) => pauseBefore(attempt, pauses, random(255)));
  expect(soonest).toEqual([125, 250, 500, 5000]);
  expect(latest).toEqual([250, 500, 1000, 10_000]);
});

test('F-UP03 however many requests were tried again before, the next one has its attempts', async () => {
  const strategy = withFullPurse(new ConfiguredRetryStrategy(3, () => 0));
  for (let n = 0; n < 100; n++) {
    const first = await strategy.acquireInitialRetryToken('');
    const second = await strategy.refreshRetryTokenForRetry(first, { errorType: 'TRANSIENT' });
    const third = await strategy.refreshRetryTokenForRetry(second, { errorType: 'TRANSIENT' });
    await expect(strategy.refreshRetryTokenForRetry(third, { errorType: 'TRANSIENT' })).rejects.toThrow();
  }
});

test('F-UP03 a store is asked when it wants to be, and one that wants a long pause is left alone', async () => {
  const hints: (Date | undefined)[] = [];
  const strategy = heedRetryAfter(
    {
      refreshRetryTokenForRetry: (_: never, { retryAfterHint }: { retryAfterHint?: Date }): Promise<unknown> => {
        hints.push(retryAfterHint);
        return Promise.resolve('token');
      },
    },
    10_000,
    systemClock,
  );
  const refresh = (ms: number | null): Promise<unknown> =>
    strategy.refreshRetryTokenForRetry(null as never, ms === null ? {} : { retryAfterHint: new Date(Date.now() + ms) });
  expect(await refresh(null)).toBe('token');
  const start = performance.now();
  expect(await refresh(300)).toBe('token');
  expect(performance.now() - start).toBeGreaterThan(250);
  await expect(refresh(60_000)).rejects.toThrow('longer pause');
  expect(hints).toEqual([undefined, undefined]);
});

test('F-UP03 what the store asks for is told, and the next try of an upload keeps to it', () => {
  const answer = (value: string) => ({
    name: 'SlowDown',
    $metadata: { httpStatusCode: 503 },
    $response: { headers: { 'retry-after': value } },
  });
  const failure = s3Failure(answer('120'), 's3://lab');
  expect(failure).toMatchObject({ code: 'offline', retry: true, details: { retry_after: 120 } });
  expect(s3Failure(answer('soon'), 's3://lab').details).toBeUndefined();
  expect(pauseAfter(1, 0, failure)).toBe(120_000);
  expect(pauseAfter(1, 0)).toBe(7500);
  expect(pauseAfter(1, 0, { details: { retry_after: 2 } })).toBe(7500);
  expect(pauseAfter(1, 0, { details: { retry_after: 1e9 } })).toBe(24 * 3600_000);
});

test('a request may take as long as its body does on a slow line', () => {
  expect(longestRequest(1000, undefined)).toBe(1000);
  expect(longestRequest(1000, Buffer.alloc(4000))).toBe(2000);
});
