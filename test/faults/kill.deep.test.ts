import { expect, test } from 'vitest';
import { allCrashes, examineCrashes, sample } from './crash/kill-operations.ts';

test(
  'F-DB01 killed at every point, every operation leaves what was confirmed and nothing half',
  { timeout: 3_600_000 },
  async () => {
    const crashes = await allCrashes();
    expect(await examineCrashes(crashes)).toBeGreaterThan(crashes.length / 2);
  },
);

test('F-DB03 killed again while recovering, the next start recovers all the same', { timeout: 3_600_000 }, async () => {
  const crashes = await allCrashes();
  const seconds = [
    ...new Set(crashes.filter(({ operation }) => operation.name === 'register in place').map(({ point }) => point)),
  ];
  const chosen = sample(crashes, 40, 7).map((crash, n) => ({
    ...crash,
    second: seconds[(n * 7) % seconds.length] ?? '',
  }));
  expect(await examineCrashes(chosen)).toBeGreaterThan(chosen.length / 2);
});
