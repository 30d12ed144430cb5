/** An instance with a watched folder, opened as a child process and the test process both open it. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashPool } from '../../../src-main/engine/hash-pool.ts';
import { scanThreads } from '../../../src-main/engine/scan-client.ts';
import { sweepOrphans } from '../../../src-main/artifacts/index.ts';
import { initInstance, openInstance, type OpenInstance } from '../../../src-main/instance/index.ts';
import { addStorage, findStorage } from '../../../src-main/storage/index.ts';
import { reconcile, type Reconciled } from '../../../src-main/watching/reconcile.ts';
import type { Scanner } from '../../../src-main/watching/index.ts';
import { openBenchWorkbench } from '../../instance/open-bench.ts';

export interface CrashBench {
  base: string;
  context: OpenInstance & { scanner: Scanner };
  /** One pass over the watched folder, everything that is there being complete. */
  pass(): Promise<Reconciled>;
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
  const workbench = await openBenchWorkbench(join(base, 'home'));
  const hasher = hashPool(2);
  const instance = await openInstance(workbench, { name: 'lab', hasher });
  const context = { ...instance, scanner: scanThreads(instance.workstation.path) };
  await sweepOrphans(context);
  return {
    base,
    context,
    async pass() {
      const storage = await findStorage(context.registry.db, watchedRoot(base));
      return reconcile(context, { storage, settle: 0 });
    },
    async close() {
      await context.scanner.close();
      await hasher.close();
      await context.close();
    },
  };
}
