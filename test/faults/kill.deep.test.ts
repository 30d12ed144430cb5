import { beforeAll, expect, test } from 'vitest';
import { allCrashes, allFailures, examineCrashes, sample, type Crash } from './crash/kill-operations.ts';
import { OPERATIONS } from './crash/all-operations.ts';

const HOURS = { timeout: 4 * 3_600_000 };

let crashes: Crash[];
beforeAll(async () => {
  crashes = await allCrashes();
  const points = String(crashes.length);
  console.info(
    `${String(OPERATIONS.length)} operations, ${points} points, ${String(allFailures(crashes).length)} errors`,
  );
}, 240_000);

test('F-DB01 killed at every point, every operation leaves what was confirmed and nothing half', HOURS, async () => {
  expect(await examineCrashes(crashes)).toBeGreaterThan(crashes.length / 2);
});

test('F-DB04 F-DB05 told no by the disk at every place, every operation is done at the next try', HOURS, async () => {
  const failures = allFailures(crashes);
  expect(await examineCrashes(failures)).toBeGreaterThan(failures.length / 2);
});

test('F-DB03 killed again while recovering, the next start recovers all the same', HOURS, async () => {
  const seconds = [
    ...new Set(crashes.filter(({ operation }) => operation.name === 'register in place').map(({ point }) => point)),
  ];
  const chosen = sample(crashes, 80, 7).map((crash, n) => ({
    ...crash,
    second: seconds[(n * 7) % seconds.length] ?? '',
  }));
  expect(await examineCrashes(chosen)).toBeGreaterThan(chosen.length / 2);
});
