/** Runs sequences of the model. */
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { makeInstance, newBase, openCrashBench } from './crash-bench.ts';
import { allRules, sequences, type Model, type Real } from './model.ts';

/** How many were run. Fails with the shortest sequence that breaks a rule, its seed and its path. */
export async function runModel(numRuns: number, seed: number): Promise<number> {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(sequences, async (commands) => {
      runs += 1;
      const base = newBase();
      const made = await makeInstance(base);
      await made.close();
      const model: Model = { files: new Map(), plugged: true, labelled: new Set(), trashed: new Set() };
      const real: Real = { base, bench: await openCrashBench(base) };
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands);
        await allRules(model, real);
      } finally {
        await real.bench.close().catch(() => undefined);
        rmSync(base, { recursive: true, force: true });
      }
    }),
    { numRuns, seed, endOnFailure: false, interruptAfterTimeLimit: 3 * 3_600_000 },
  );
  return runs;
}
