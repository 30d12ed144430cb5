/** An instance with a watched folder, opened as a child process and the test process both open it. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashPool } from '../../../src-main/engine/hash-pool.ts';
import { scanThreads } from '../../../src-main/engine/scan-client.ts';
import {
  finishFrees,
  finishRemovals,
  finishReplacements,
  finishReturns,
  sweepOrphans,
} from '../../../src-main/artifacts/index.ts';
import { sweepParts } from '../../../src-main/transfers/index.ts';
import { initInstance, openInstance, type OpenInstance } from '../../../src-main/instance/index.ts';
import { addStorage, findStorage } from '../../../src-main/storage/index.ts';
import { reconcile, type Reconciled } from '../../../src-main/watching/reconcile.ts';
import { finishMoves, type Scanner } from '../../../src-main/watching/index.ts';
import { systemClock } from '../../../src-main/ports/clock.ts';
import { openBenchWorkbench } from '../../instance/open-bench.ts';

/** Ms after which a file that is not found counts as gone. */
const HOLD = 10_000;

export interface CrashBench {
  base: string;
  context: OpenInstance & { scanner: Scanner };
  /** One pass over the watched folder (and others that an operation made), everything that is there being complete. */
  pass(): Promise<Reconciled>;
  /** The wall clock goes on by so many ms. */
  jump(ms: number): void;
  /** Passes with time between them, so that what is gone counts as gone. */
  passTwice(): Promise<void>;
  close(): Promise<void>;
}

export const watchedRoot = (base: string): string => join(base, 'instrument');

export function newBase(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-crash-')));
}

export function put(base: string, name: string, content: string): void {
  const path = join(watchedRoot(base), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

export async function makeInstance(base: string): Promise<CrashBench> {
  mkdirSync(watchedRoot(base), { recursive: true });
  await initInstance(await openBenchWorkbench(join(base, 'home')), { storage: join(base, 'lab'), name: 'lab' });
  const bench = await openCrashBench(base);
  await addStorage(bench.context, { root: watchedRoot(base), managed: false, watch: true });
  return bench;
}

export async function openCrashBench(base: string): Promise<CrashBench> {
  let ahead = 0;
  let closed = false;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const workbench = await openBenchWorkbench(join(base, 'home'), { clock });
  const hasher = hashPool(2);
  const instance = await openInstance(workbench, { name: 'lab', hasher });
  const context = { ...instance, scanner: scanThreads(instance.workstation.path) };
  await finishReplacements(context);
  await finishReturns(context);
  await sweepOrphans(context);
  await sweepParts(context);
  await finishFrees(context);
  await finishRemovals(context);
  await finishMoves(context);
  async function pass(): Promise<Reconciled> {
    const { db } = context.registry;
    const others = await db
      .selectFrom('storage')
      .selectAll()
      .where('watch', '=', 1)
      .where('root', '!=', watchedRoot(base))
      .execute();
    for (const storage of others) await reconcile(context, { storage, settle: 0 });
    return reconcile(context, { storage: await findStorage(db, watchedRoot(base)), settle: 0 });
  }
  return {
    base,
    context,
    pass,
    jump(ms) {
      ahead += ms;
    },
    async passTwice() {
      await pass();
      ahead += HOLD + 1;
      await pass();
    },
    async close() {
      if (closed) return;
      closed = true;
      await context.scanner.close();
      await hasher.close();
      await context.close();
    },
  };
}
