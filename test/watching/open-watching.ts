/** A real instance with a folder to watch, a real scan thread and real hashing; hints and time are the test's. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { InboxItem } from '../../shared/contract/index.ts';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { scanThreads } from '../../src-main/engine/scan-client.ts';
import { initInstance, openInstance, type OpenInstance } from '../../src-main/instance/index.ts';
import { systemClock, type Clock } from '../../src-main/ports/clock.ts';
import type { Fs } from '../../src-main/ports/fs/fs.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import type { ArtifactRow, StorageRow } from '../../src-main/registry/schema.ts';
import { addStorage, findStorage } from '../../src-main/storage/index.ts';
import { reconcile, type Reconciled } from '../../src-main/watching/reconcile.ts';
import { listInbox, setWatchRule, startWatching, type Scanner, type Watching } from '../../src-main/watching/index.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';
import type { FakeClock } from './fake-clock.ts';
import { handHints, type HandHints } from './hand-hints.ts';

export interface TestWatching {
  base: string;
  root: string;
  context: OpenInstance & { scanner: Scanner };
  hints: HandHints;
  /** A folder of that name beside the root, made. */
  folder(name: string): string;
  /** Writes a file below the root, with its folders. */
  put(name: string, content?: string | Buffer): string;
  path(name: string): string;
  storage(root?: string): Promise<StorageRow>;
  /** Watches another folder. */
  add(root: string, managed?: boolean): Promise<StorageRow>;
  rule(rule: { include?: string[]; exclude?: string[]; settle?: number }, root?: string): Promise<void>;
  /** Folders of these names are one item each. */
  bundle(patterns: string[], doneMarker: string | null): Promise<void>;
  /** One pass, or a look at `start`. */
  pass(options?: { root?: string; start?: string[]; settle?: number; signal?: AbortSignal }): Promise<Reconciled>;
  start(): Promise<Watching>;
  artifacts(root?: string): Promise<ArtifactRow[]>;
  /** Keys of the newest versions. */
  keys(root?: string): Promise<string[]>;
  inbox(root?: string): Promise<InboxItem[]>;
  /** Paths of the inventory that are noted as gone. */
  gone(root?: string): Promise<string[]>;
  /** Number of changes in the log. */
  changes(): Promise<number>;
  /** Closes the instance and opens it again, as a restart of the program does. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface TestWatchingOptions {
  base?: string;
  clock?: Clock;
  managed?: boolean;
  root?: string;
  /** Around the real one. */
  scanner?: (scanner: Scanner) => Scanner;
  context?: (context: OpenInstance) => OpenInstance;
}

export const PATIENCE = { timeout: 45_000, interval: 10 };
/** Ms that are over before any file of a test is made. */
export const AT_ONCE = 0;
/** Ms that no test takes. */
export const LONG = 3_600_000;

export async function openWatching(options: TestWatchingOptions = {}): Promise<TestWatching> {
  const base = options.base ?? realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-watching-')));
  const clock = options.clock ?? systemClock;
  const root = options.root ?? join(base, 'instrument');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(base, 'lab'), { recursive: true });
  const hints = handHints();
  const disk = nodeFs(systemRandom);
  const fs = isFake(clock) ? followedFs(disk, clock) : disk;
  const workbench = await openBenchWorkbench(join(base, 'home'), { clock, fs });
  await initInstance(workbench, { storage: join(base, 'lab'), name: 'test' });
  let open = await openContext();
  let watching: Watching | null = null;

  async function openContext(): Promise<TestWatching['context']> {
    const instance = await openInstance(workbench, { name: 'test', hasher: hashPool(2) });
    const scanner = scanThreads(instance.workstation.path, clock);
    return { ...(options.context?.(instance) ?? instance), scanner: options.scanner?.(scanner) ?? scanner };
  }
  async function closeContext(): Promise<void> {
    await watching?.close();
    watching = null;
    await open.scanner.close();
    await open.hasher.close();
    await open.close();
  }

  const test: TestWatching = {
    base,
    root,
    get context() {
      return open;
    },
    hints,
    folder(name) {
      mkdirSync(join(base, name), { recursive: true });
      return join(base, name);
    },
    put(name, content = name) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
      return join(root, name);
    },
    path: (name) => join(root, name),
    storage: (of = root) => findStorage(open.registry.db, of),
    async add(folder, managed = false) {
      await addStorage(open, { root: folder, managed, watch: true });
      return test.storage(folder);
    },
    async rule(rule, of = root) {
      await setWatchRule(open, { storage: of, ...rule });
    },
    async bundle(patterns, doneMarker) {
      await setWatchRule(open, { storage: root, bundle: patterns, done_marker: doneMarker });
    },
    async pass({ root: of = root, start, settle = AT_ONCE, signal } = {}) {
      return reconcile(open, {
        storage: await test.storage(of),
        settle,
        ...(start === undefined ? {} : { start: start.map(rawFromText) }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async start() {
      watching = await startWatching({ ...open, hints: hints.source });
      return watching;
    },
    async artifacts(of = root) {
      const { id } = await test.storage(of);
      return open.registry.db.selectFrom('artifact').selectAll().where('storage_id', '=', id).orderBy('id').execute();
    },
    async keys(of) {
      const rows = await test.artifacts(of);
      return rows
        .filter(({ is_latest }) => is_latest === 1)
        .map(({ key }) => key ?? '')
        .sort();
    },
    async inbox(of = root) {
      return (await listInbox(open, { storage: of, limit: 10_000 })).items;
    },
    async gone(of = root) {
      const { uid } = await test.storage(of);
      const rows = await open.workstation.db
        .selectFrom('inventory')
        .select(['folder', 'name'])
        .where('storage_uid', '=', uid)
        .where('gone_since', 'is not', null)
        .execute();
      return rows.map(({ folder, name }) => join(String(folder), String(name))).sort();
    },
    async changes() {
      const row = await open.registry.db
        .selectFrom('change')
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? 0;
    },
    async restart() {
      await closeContext();
      open = await openContext();
    },
    async close() {
      await closeContext();
      if (options.base === undefined) rmSync(base, { recursive: true, force: true });
    },
  };
  await test.add(root, options.managed ?? false);
  return test;
}

function isFake(clock: Clock): clock is FakeClock {
  return 'during' in clock;
}

/** Looks that `clock` waits for. */
function followedFs(fs: Fs, clock: FakeClock): Fs {
  return {
    ...fs,
    look: (path) => clock.during(fs.look(path)),
    readFolder: (path) => clock.during(fs.readFolder(path)),
    readRange: (path, offset, length) => clock.during(fs.readRange(path, offset, length)),
  };
}

/** Waits until `look` says yes; also in programs that vitest doesn't run. */
export async function until(
  look: () => Promise<boolean> | boolean,
  what: string,
  timeout = PATIENCE.timeout,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not within ${String(timeout)} ms: ${what}`);
    await pause(PATIENCE.interval);
  }
}
