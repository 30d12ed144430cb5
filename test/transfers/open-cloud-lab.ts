/** A real instance whose default storage is a bucket, a managed folder for files that stay here, and hooks into the store. */
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
import { dirname, join } from 'node:path';
import type { ArtifactRecord, SaveInput, SaveResult } from '../../shared/contract/index.ts';
import { queuedUploads, saveArtifacts, uploadArtifacts } from '../../src-main/artifacts/index.ts';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { scanThreads } from '../../src-main/engine/scan-client.ts';
import { smallFileThread } from '../../src-main/engine/small-file-client.ts';
import { initInstance, openInstance, setSettings, type OpenInstance } from '../../src-main/instance/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import type { CopyRow, StorageRow } from '../../src-main/registry/schema.ts';
import {
  addStorage,
  findStorage,
  openStores,
  parseCloudRoot,
  type ObjectStore,
  type SmallFiles,
  type Stores,
} from '../../src-main/storage/index.ts';
import type { Scanner } from '../../src-main/watching/index.ts';
import { reconcile } from '../../src-main/watching/reconcile.ts';
import type { TransferRow } from '../../src-main/workstation/schema.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { until } from '../watching/open-watching.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';

/** Of the store, as its methods are called; `complete`, `send`, `begin`, `received` and `abort` are of its uploads. */
export type Verb = 'stat' | 'readRange' | 'put' | 'delete' | 'begin' | 'received' | 'send' | 'complete' | 'abort';
export type Hook = (key: string) => Promise<void> | void;

export interface CloudLab {
  base: string;
  context: OpenInstance;
  /** Managed, on this computer. */
  local: string;
  storage(root: string): Promise<StorageRow>;
  /** The bucket. */
  bucket(): Promise<StorageRow>;
  /** The store itself, without hooks. */
  store(): Promise<ObjectStore>;
  /** Runs before each call of the verb until it is set again. */
  before(verb: Verb, hook: Hook | null): void;
  after(verb: Verb, hook: Hook | null): void;
  /** Writes a file below `base`. */
  put(name: string, content?: string | Buffer): string;
  save(path: string, options?: Partial<SaveInput>): Promise<ArtifactRecord>;
  upload(...artifacts: string[]): Promise<SaveResult>;
  /** Files in place go to the cache, too. */
  uploadAndFree(...artifacts: string[]): Promise<SaveResult>;
  /** The queue works by itself from now on, until all are over or were tried again in vain. */
  goOn(): Promise<void>;
  /** A pass over a folder, as of a watched one. */
  look(root?: string): Promise<void>;
  transfers(): Promise<TransferRow[]>;
  copies(uid: string): Promise<(CopyRow & { root: string })[]>;
  artifact(uid: string): Promise<{ state: string; state_reason: string | null; root: string }>;
  /** Bytes of the object, or null. */
  object(uid: string, suffix?: string): Promise<Buffer | null>;
  /** Names in the cache. */
  cached(): string[];
  /** As after the program died and was started again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** What stands for the death of the program: no error of Benchkeep's. */
export class Died extends Error {}

export const die = (): never => {
  throw new Died('the program died');
};

export interface CloudLabOptions {
  /** Folder in which the one of this computer is made, for example on another disk. */
  beside?: string;
  /** The store tells no checksums. */
  withoutChecksums?: boolean;
}

export async function openCloudLab(root: string, options: CloudLabOptions = {}): Promise<CloudLab> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-cloud-')));
  const elsewhere = options.beside === undefined ? null : mkdtempSync(join(options.beside, 'benchkeep-cloud-'));
  const local = join(elsewhere ?? base, 'local');
  mkdirSync(local);
  const hooks = { before: new Map<Verb, Hook>(), after: new Map<Verb, Hook>() };
  const sender = smallFileThread(systemClock);
  const plain = openStores({ sender });
  const stores = hookedStores(plain, hooks, options.withoutChecksums === true);
  const workbench = await openBenchWorkbench(join(base, 'home'), { stores });
  await initInstance(workbench, { storage: root, name: 'lab' });
  const scanners = new Map<OpenInstance, Scanner>();
  const open = (): Promise<OpenInstance> =>
    openInstance(workbench, { name: 'lab', hasher: hashPool(2), upload: queuedUploads() });
  let context = await open();
  await setSettings(context, { keep_artifacts_local: true });
  await addStorage(context, { root: local, managed: true, watch: false });
  const cloud = parseCloudRoot(root);
  if (cloud === null) throw new Error(`${root} is no bucket`);

  async function shut(): Promise<void> {
    await scanners.get(context)?.close();
    await context.hasher.close();
    await context.close();
  }

  const lab: CloudLab = {
    base,
    local,
    get context() {
      return context;
    },
    storage: (of) => findStorage(context.registry.db, of),
    bucket: () => findStorage(context.registry.db, cloud.root),
    store: () => plain.open(cloud),
    before(verb, hook) {
      if (hook === null) hooks.before.delete(verb);
      else hooks.before.set(verb, hook);
    },
    after(verb, hook) {
      if (hook === null) hooks.after.delete(verb);
      else hooks.after.set(verb, hook);
    },
    put(name, content = randomBytes(1000)) {
      const path = join(base, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    async save(path, options = {}) {
      const job = saveArtifacts(context, { paths: [path], labels: [], new: false, ...options });
      const [item] = (await ended(job)).items;
      if (item === undefined) throw new Error('nothing was saved');
      return item;
    },
    upload: (...artifacts) => ended(uploadArtifacts(context, { artifacts, free_up: false })),
    uploadAndFree: (...artifacts) => ended(uploadArtifacts(context, { artifacts, free_up: true })),
    async goOn() {
      await context.workstation.db.updateTable('transfer').set({ next: null }).execute();
      const before = await lab.transfers();
      context.queue.start();
      context.queue.tryAgain();
      await until(async () => {
        const now = await lab.transfers();
        return now.every(
          (row, i) => ['done', 'cancelled'].includes(row.state) || row.attempts > (before[i]?.attempts ?? 0),
        );
      }, 'the uploads go on');
    },
    async look(of = local) {
      let scanner = scanners.get(context);
      if (scanner === undefined) scanners.set(context, (scanner = scanThreads(context.workstation.path, systemClock)));
      await reconcile({ ...context, scanner }, { storage: await lab.storage(of), settle: 0 });
    },
    transfers: () => context.workstation.db.selectFrom('transfer').selectAll().orderBy('id').execute(),
    copies: (uid) =>
      context.registry.db
        .selectFrom('copy')
        .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
        .innerJoin('storage', 'storage.id', 'copy.storage_id')
        .selectAll('copy')
        .select('storage.root')
        .where('artifact.uid', '=', uid)
        .orderBy('copy.id')
        .execute(),
    artifact: (uid) =>
      context.registry.db
        .selectFrom('artifact')
        .innerJoin('storage', 'storage.id', 'artifact.storage_id')
        .select(['artifact.state', 'artifact.state_reason', 'storage.root'])
        .where('artifact.uid', '=', uid)
        .executeTakeFirstOrThrow(),
    async object(uid, suffix = '.fcs') {
      const store = await lab.store();
      const key = `.lamindb/${uid}${suffix}`;
      const facts = await store.stat(key);
      return facts === null ? null : store.readRange(key, 0, facts.size);
    },
    cached() {
      const folder = join(context.folder, 'cache');
      return existsSync(folder) ? readdirSync(folder).sort() : [];
    },
    async restart() {
      await shut();
      context = await open();
    },
    async close() {
      await shut();
      plain.close();
      await sender.close();
      for (const folder of [base, elsewhere]) if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
  return lab;
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

interface Hooks {
  before: ReadonlyMap<Verb, Hook>;
  after: ReadonlyMap<Verb, Hook>;
}

function hookedStores(stores: Stores, hooks: Hooks, withoutChecksums: boolean): Stores {
  return {
    ...stores,
    ofInstance: (kept) => hookedStores(stores.ofInstance(kept), hooks, withoutChecksums),
    async open(root) {
      const store = await stores.open(root);
      const told = bound(store);
      if (withoutChecksums) {
        told.stat = async (...args) => {
          const facts = await store.stat(...args);
          return facts === null ? null : { ...facts, checksums: {} };
        };
      }
      // Between what the thread does of a small file nobody comes: with hooks they go by this one.
      const isPlain = (): boolean => hooks.before.size + hooks.after.size === 0 && !withoutChecksums;
      const smallFiles = store.smallFiles && {
        read: async (...words: Parameters<SmallFiles['read']>) =>
          isPlain() ? ((await store.smallFiles?.read(...words)) ?? null) : null,
      };
      return hooked({ ...told, smallFiles, uploads: hooked(bound(store.uploads), hooks) }, hooks);
    },
    close: () => undefined,
  };
}

/** Its methods as properties, whatever it is made of. */
function bound<T extends object>(of: T): T {
  return Object.fromEntries(
    Object.entries(of).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'function' ? (value.bind(of) as unknown) : value,
    ]),
  ) as T;
}

function hooked<T extends object>(of: T, { before, after }: Hooks): T {
  return new Proxy(of, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || !isVerb(name)) return value;
      const call = value as (key: string, ...rest: unknown[]) => Promise<unknown>;
      return async (key: string, ...rest: unknown[]): Promise<unknown> => {
        await before.get(name)?.(key);
        const answer = await call(key, ...rest);
        await after.get(name)?.(key);
        return answer;
      };
    },
  });
}

const VERBS: ReadonlySet<unknown> = new Set<Verb>([
  'stat',
  'readRange',
  'put',
  'delete',
  'begin',
  'received',
  'send',
  'complete',
  'abort',
]);

function isVerb(name: string | symbol): name is Verb {
  return VERBS.has(name);
}
