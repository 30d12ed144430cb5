import { beforeAll, expect, test } from 'vitest';
import { allCrashes, allFailures, examineCrashes, sample, type Crash } from './crash/kill-operations.ts';
import { OPERATIONS } from './crash/all-operations.ts';

const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 20_261_101);

let crashes: Crash[];
beforeAll(async () => {
  crashes = await allCrashes();
  const points = String(crashes.length);
  console.info(
    `${String(OPERATIONS.length)} operations, ${points} points, ${String(allFailures(crashes).length)} errors`,
  );
}, 300_000);

/** At least one of each operation. */
function chosen(all: readonly Crash[], count: number): Crash[] {
  const each = OPERATIONS.flatMap((operation) =>
    sample(
      all.filter((crash) => crash.operation === operation),
      1,
      SEED,
    ),
  );
  return [...each, ...sample(all, count, SEED + 1)];
}

test(
  'F-DB01 killed at a sample of points, every operation leaves what was confirmed and nothing half',
  { timeout: 240_000 },
  async () => {
    expect(new Set(crashes.map(({ point }) => point.split('#')[0]))).toContain('registry.commit.after');
    expect(await examineCrashes(chosen(crashes, 4))).toBeGreaterThan(4);
  },
);

test(
  'F-DB04 F-DB05 told no by the disk at a sample of places, every operation says why and is done at the next try',
  { timeout: 240_000 },
  async () => {
    // Of each third operation: each of them is killed above, and the deep run is told no at every place.
    const failures = allFailures(crashes);
    const some = chosen(failures, 2).filter((_, n) => n % 3 === 0);
    expect(await examineCrashes(some)).toBeGreaterThan(2);
  },
);
