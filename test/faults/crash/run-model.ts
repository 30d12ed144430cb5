/** Runs sequences of the model. */
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { makeInstance, newBase } from './crash-bench.ts';
import { allRules, begin, sequences, type Model, type Real } from './model.ts';

/** How many were run, within `limit` ms. Fails with the shortest sequence that breaks a rule, its seed and its path. */
export async function runModel(numRuns: number, seed: number, limit: number): Promise<number> {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(sequences, async (commands) => {
      runs += 1;
      const base = newBase();
      const model: Model = { files: new Map(), plugged: true, labelled: new Set(), trashed: new Set() };
      const real: Real = { base, bench: await makeInstance(base) };
      try {
        await begin(model, real);
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await allRules(model, real);
      } finally {
        await real.bench.close().catch(() => undefined);
        rmSync(base, { recursive: true, force: true });
      }
    }),
    { numRuns, seed, endOnFailure: false, interruptAfterTimeLimit: limit },
  );
  return runs;
}
