import { expect, test } from 'vitest';
import { allCrashes, examineCrashes, sample } from './crash/kill-operations.ts';

const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 20_261_101);

test(
  'F-DB01 killed at a sample of points, every operation leaves what was confirmed and nothing half',
  { timeout: 240_000 },
  async () => {
    const crashes = await allCrashes();
    expect(new Set(crashes.map(({ point }) => point.split('#')[0]))).toContain('registry.commit.after');
    const chosen = sample(crashes, 10, SEED);
    expect(await examineCrashes(chosen)).toBeGreaterThan(4);
  },
);
