/** 10,000 files that can't be read beside 1,000 that can: how much later those are registered. `node test/bench/failing-files.ts` */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import type { HashOutcome, Hasher } from '../../src-main/ports/fs/hasher.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { openWatching } from '../watching/open-watching.ts';

const FAILING = 10_000;
const GOOD = 1_000;

/** As a disk does that gives an error for some files: each is opened and told of by itself. */
function failingFor(hasher: Hasher): Hasher {
  const error = toErrorData(new BenchkeepError('file_unreadable', 'It may not be read', 'Ask who owns it.'));
  return {
    ...hasher,
    async hashFiles(files, options) {
      const good = files.filter((file) => !rawToDisplay(file).includes('/bad/'));
      const hashed = good.length === 0 ? [] : await hasher.hashFiles(good, options);
      const outcomes = new Map<string, HashOutcome>(good.map((file, n) => [file, hashed[n] as HashOutcome]));
      return files.map((file) => outcomes.get(file) ?? { kind: 'failed', error });
    },
  };
}

/** Seconds until all good ones are registered, and of the next ten passes each. */
async function measure(failing: number): Promise<{ first: number; good: number; next: number }> {
  const test = await openWatching({
    context: (context) => ({ ...context, hasher: failingFor(context.hasher) }),
  });
  try {
    for (let n = 0; n < failing; n++) test.put(`bad/${String(n % 100)}/${String(n)}.csv`, String(n));
    for (let n = 0; n < GOOD; n++) test.put(`good/${String(n)}.csv`, `good ${String(n)}`);
    const began = performance.now();
    await test.pass();
    const first = (performance.now() - began) / 1000;
    if ((await test.artifacts()).length !== GOOD) throw new Error('not all good ones are registered');
    for (let n = 0; n < GOOD; n++) test.put(`later/${String(n)}.csv`, `later ${String(n)}`);
    const again = performance.now();
    await test.pass({ start: ['later'] });
    const good = (performance.now() - again) / 1000;
    const idle = performance.now();
    for (let n = 0; n < 10; n++) await test.pass();
    return { first, good, next: (performance.now() - idle) / 10_000 };
  } finally {
    await test.close();
  }
}

const alone = await measure(0);
const beside = await measure(FAILING);
const show = (what: string, a: number, b: number): void => {
  console.log(`  ${what.padEnd(62)} ${b.toFixed(3)} s (alone ${a.toFixed(3)} s)`);
};
show(`first pass: ${String(GOOD)} good files beside ${String(FAILING)} failing ones`, alone.first, beside.first);
show(`${String(GOOD)} more good files after that, looked at by a hint`, alone.good, beside.good);
show('a pass with nothing new', alone.next, beside.next);
