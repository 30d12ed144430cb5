import { test } from 'vitest';
import { tryInterleavings } from './crash/interleavings.ts';

const SEED = Number(process.env['BENCHKEEP_SEED'] ?? 20_261_101);

test('F-DB01 whatever is done at the same time, in whatever order files answer, all rules hold', async () => {
  console.info(`${String(await tryInterleavings(8, SEED))} orders`);
});
