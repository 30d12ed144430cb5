import { test } from 'vitest';
import { runModel } from './crash/run-model.ts';

const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 1);

test('F-WA15 F-WA05 the same for thousands of sequences', { timeout: 4 * 3_600_000 }, async () => {
  console.info(`${String(await runModel(1000, SEED, 3 * 3_600_000))} sequences`);
});
