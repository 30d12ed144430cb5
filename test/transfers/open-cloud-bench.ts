/** An instance in a bucket, open in the process of the test, on a wall clock that can be set forward. */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { scanThreads } from '../../src-main/engine/scan-client.ts';
import {
  finishFrees,
  finishRemovals,
  finishReplacements,
  finishReturns,
  queuedUploads,
  saveArtifacts,
  sweepOrphans,
  uploadArtifacts,
} from '../../src-main/artifacts/index.ts';
import { initInstance, openInstance, setSettings, type OpenInstance } from '../../src-main/instance/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { sweepParts } from '../../src-main/transfers/index.ts';
import { finishMoves, type Scanner } from '../../src-main/watching/index.ts';
import { reconcile, type Reconciled } from '../../src-main/watching/reconcile.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';

export interface CloudBench {
  base: string;
  context: OpenInstance & { scanner: Scanner };
  path(...parts: string[]): string;
  /** A file in the managed, watched folder `local`, registered in place and uploaded; its uid. */
  uploadInPlace(name: string, content: Buffer): Promise<string>;
  /** Saved from outside, so that Benchkeep has a copy of its own; with `upload` that is in the cache then. */
  saveOutside(name: string, content: Buffer, upload?: boolean): Promise<string>;
  /** One look at `local`, everything that is there being complete; twice, with time between. */
  look(): Promise<Reconciled>;
  lookTwice(): Promise<Reconciled>;
  jump(ms: number): void;
  /** Files of the cache, and their names. */
  cacheOf(uid: string): string | null;
  cached(): string[];
  /** Closes it and opens it anew. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export { randomBytes };

export async function run<R>(job: AsyncGenerator<unknown, R>): Promise<R> {
  for (;;) {
    const step = await job.next();
    if (step.done === true) return step.value;
  }
}

/** `root`: of the store, with its endpoint; `env`: how to sign in, until the end of the test. */
export async function openCloudBench(root: string, env: Readonly<Record<string, string>>): Promise<CloudBench> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-cloud-')));
  const path = (...parts: string[]): string => join(base, ...parts);
  mkdirSync(path('outside'));
  mkdirSync(path('local'));
  let ahead = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  await initInstance(await openBenchWorkbench(path('home')), { storage: root, name: 'lab' });
  let close = (): Promise<void> => Promise.resolve();

  async function open(): Promise<OpenInstance & { scanner: Scanner }> {
    const workbench = await openBenchWorkbench(path('home'), { clock });
    const hasher = hashPool(2);
    const instance = await openInstance(workbench, { name: 'lab', hasher, upload: queuedUploads() });
    const context = { ...instance, scanner: scanThreads(instance.workstation.path) };
    await finishReplacements(context);
    await finishReturns(context);
    await sweepOrphans(context);
    await sweepParts(context);
    await finishFrees(context);
    await finishRemovals(context);
    await finishMoves(context);
    close = async () => {
      await context.scanner.close();
      await hasher.close();
      await context.close();
    };
    return context;
  }

  const bench: CloudBench = {
    base,
    context: await open(),
    path,
    async uploadInPlace(name, content) {
      writeFileSync(path('local', name), content);
      const { items } = await run(
        saveArtifacts(bench.context, { paths: [path('local', name)], labels: [], new: false }),
      );
      const uid = items[0]?.uid ?? '';
      await run(uploadArtifacts(bench.context, { artifacts: [uid], free_up: false }));
      return uid;
    },
    async saveOutside(name, content, upload = true) {
      writeFileSync(path('outside', name), content);
      const input = { paths: [path('outside', name)], key: name, labels: [], new: false };
      const { items } = await run(saveArtifacts(bench.context, input));
      const uid = items[0]?.uid ?? '';
      if (upload) await run(uploadArtifacts(bench.context, { artifacts: [uid], free_up: false }));
      return uid;
    },
    async look() {
      const storage = await bench.context.registry.db
        .selectFrom('storage')
        .selectAll()
        .where('root', '=', path('local'))
        .executeTakeFirstOrThrow();
      return reconcile(bench.context, { storage, settle: 0 });
    },
    async lookTwice() {
      await bench.look();
      ahead += 10_001;
      return bench.look();
    },
    jump(ms) {
      ahead += ms;
    },
    cacheOf(uid) {
      const name = bench.cached().find((one) => one.startsWith(uid));
      return name === undefined ? null : join(rawToDisplay(bench.context.folder), 'cache', name);
    },
    cached() {
      const folder = join(rawToDisplay(bench.context.folder), 'cache');
      return existsSync(folder) ? readdirSync(folder) : [];
    },
    async restart() {
      await close();
      bench.context = await open();
    },
    async close() {
      await close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  await addStorage(bench.context, { root: path('local'), managed: true, watch: true });
  await setSettings(bench.context, { keep_artifacts_local: true });
  return bench;
}

export function bytesAt(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null;
}
