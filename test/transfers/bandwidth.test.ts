import { expect, it } from 'vitest';
import { bandwidth } from '../../src-main/transfers/bandwidth.ts';
import { fakeClock } from '../watching/fake-clock.ts';

const MIB = 1024 ** 2;

it('lets one part go at once and the next when it is paid for, so that the limit holds on average', async () => {
  const clock = fakeClock();
  const limit = bandwidth(clock);
  limit.setLimit(MIB);
  const went: number[] = [];
  const begin = clock.monotonic();
  const all = Promise.all(
    Array.from({ length: 4 }, async () => {
      await limit.take(16 * MIB);
      went.push((clock.monotonic() - begin) / 1000);
    }),
  );
  await Promise.resolve();
  await clock.advance(100_000);
  await all;
  expect(went.map(Math.round)).toEqual([0, 16, 32, 48]);
});

it('saves nothing up while nothing is sent', async () => {
  const clock = fakeClock();
  const limit = bandwidth(clock);
  limit.setLimit(1000);
  await clock.advance(3600_000);
  let went = 0;
  for (let n = 0; n < 3; n++) void limit.take(10_000).then(() => went++);
  await clock.advance(9_000);
  expect(went).toBe(1);
  await clock.advance(2_000);
  expect(went).toBe(2);
});

it('counts at once when it is changed, also for what waits', async () => {
  const clock = fakeClock();
  const limit = bandwidth(clock);
  limit.setLimit(1000);
  let went = 0;
  for (let n = 0; n < 3; n++) void limit.take(1_000_000).then(() => went++);
  await clock.advance(1000);
  expect(went).toBe(1);
  limit.setLimit(1_000_000);
  await clock.advance(1000);
  expect(went).toBe(2);
  limit.setLimit(null);
  await clock.advance(1);
  expect(went).toBe(3);
  await limit.take(1e9);
});

it('what is stopped leaves the line at once and costs nothing', async () => {
  const clock = fakeClock();
  const limit = bandwidth(clock);
  limit.setLimit(1000);
  await limit.take(1000);
  const stop = new AbortController();
  const stopped = limit.take(1e9, stop.signal);
  let went = false;
  void limit.take(10).then(() => (went = true));
  stop.abort();
  await stopped;
  await clock.advance(1100);
  expect(went).toBe(true);
});
