import { test } from 'vitest';
import { runModel } from './crash/run-model.ts';

const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 20_261_101);

test(
  'F-WA15 F-WA05 whatever is done to files, drives, records and the clock, the registry comes to be what the disk is',
  { timeout: 240_000 },
  async () => {
    console.info(`${String(await runModel(15, SEED, 40_000))} sequences`);
  },
);
