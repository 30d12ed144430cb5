/**
 * How fast watched folders are: `node test/bench/watching.ts [BURST] [FILES] [FOLDERS]`. Prints the reconcile of many
 * files with nothing new, a burst, and how soon a dropped file is seen.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hintThread } from '../../src-main/engine/hint-client.ts';
import { keepAlive } from '../../src-main/ports/clock.ts';
import { startWatching } from '../../src-main/watching/index.ts';
import { openWatching, until, type TestWatching } from '../watching/open-watching.ts';

const burst = Number(process.argv[2] ?? 10_000);
const files = Number(process.argv[3] ?? 100_000);
const folders = Number(process.argv[4] ?? 1_000);
const DROPS = 20;
const LONG = 600_000;

function report(name: string, value: number, unit: string, wanted: number | null): void {
  const verdict =
    wanted === null ? '' : value <= wanted ? `  ok, wanted ${String(wanted)}` : `  TOO SLOW, wanted ${String(wanted)}`;
  console.log(`${name.padEnd(60)} ${value.toFixed(2).padStart(9)} ${unit}${verdict}`);
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}

function fill(root: string, n: number, inFolders: number, size: number): void {
  for (let i = 0; i < inFolders; i++) mkdirSync(join(root, `run ${String(i)}`), { recursive: true });
  for (let i = 0; i < n; i++) {
    const content = Buffer.alloc(size, String(i));
    writeFileSync(join(root, `run ${String(i % inFolders)}`, `${String(i)}.csv`), content);
  }
}

async function pass(): Promise<void> {
  const test = await openWatching();
  try {
    fill(test.root, files, folders, 64);
    const base = process.memoryUsage.rss();
    const first = await seconds(() => test.pass());
    report(`first pass of ${String(files)} files in ${String(folders)} folders`, first, 's', null);
    const again: number[] = [];
    for (let i = 0; i < 3; i++) again.push(await seconds(() => test.pass()));
    report('pass with nothing new, slowest of 3', Math.max(...again), 's', files <= 100_000 ? 2 : null);
    report('memory above that before the passes', (process.memoryUsage.rss() - base) / 1e6, 'MB', null);
    await expectAll(test, files);
  } finally {
    await test.close();
  }
}

async function expectAll(test: TestWatching, n: number): Promise<void> {
  const found = (await test.artifacts()).length;
  if (found !== n) throw new Error(`${String(found)} of ${String(n)} files are registered`);
}

/** Watched as in the app: hints from the system. */
async function live(settle: number, run: (test: TestWatching) => Promise<void>): Promise<void> {
  const test = await openWatching();
  await test.rule({ settle });
  const hints = hintThread();
  const watching = await startWatching({ ...test.context, hints });
  try {
    await watching.look();
    test.put('first.csv');
    await until(async () => (await test.artifacts()).length === 1, 'the hint thread watches', LONG);
    await run(test);
  } finally {
    await watching.close();
    await hints.close();
    await test.close();
  }
}

async function dropped(test: TestWatching, settle: number): Promise<void> {
  const waiting: number[] = [];
  const registered: number[] = [];
  const { db } = test.context.registry;
  for (let i = 0; i < DROPS; i++) {
    const started = performance.now();
    const name = `drop ${String(i)}.csv`;
    test.put(name);
    await until(async () => (await test.inbox()).some(({ path }) => path.endsWith(name)), 'waiting', LONG);
    waiting.push(performance.now() - started);
    await until(
      async () => (await db.selectFrom('artifact').select('id').where('key', '=', name).execute()).length === 1,
      'registered',
      LONG,
    );
    registered.push(performance.now() - started - settle * 1000);
  }
  report(`dropped to waiting, slowest of ${String(DROPS)}`, Math.max(...waiting), 'ms', 1000);
  report(`stable to registered, slowest of ${String(DROPS)}`, Math.max(...registered), 'ms', 1000);
}

// The timers and threads of the engine keep nobody running.
const rest = keepAlive();
await live(1, (test) => dropped(test, 1));
await live(1, async (test) => {
  const time = await seconds(async () => {
    fill(test.root, burst, 100, 4096);
    await until(
      async () => {
        const { n } = await test.context.registry.db
          .selectFrom('artifact')
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow();
        return n === burst + 1;
      },
      'the burst is registered',
      LONG,
    );
  });
  report(`burst of ${String(burst)} files of 4 KiB, written and registered (settle 1 s)`, time, 's', null);
  await expectAll(test, burst + 1);
});
await pass();
rest();
