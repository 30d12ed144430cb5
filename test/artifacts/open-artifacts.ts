/** A real instance with a managed default storage, files beside it, and real hashing. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type {
  ArtifactRecord,
  JobProgress,
  SaveInput,
  SaveResult,
  VerifyInput,
  VerifyResult,
} from '../../shared/contract/index.ts';
import { registerFiles, saveArtifacts, verify, type RegisterOutcome } from '../../src-main/artifacts/index.ts';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { initInstance, openInstance, type OpenInstance } from '../../src-main/instance/index.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { joinRaw, rawFromBytes, rawFromText, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import type { ArtifactRow, StorageRow } from '../../src-main/registry/schema.ts';
import { addStorage, findStorage, localRoot } from '../../src-main/storage/index.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';

export interface TestArtifacts {
  base: string;
  /** The default storage, managed. */
  lab: string;
  context: OpenInstance;
  /** Writes a file below `base`, with its folders; returns its path. */
  put(name: string, content?: string | Buffer): string;
  folder(name: string): string;
  add(root: string, managed?: boolean): Promise<StorageRow>;
  storage(root?: string): Promise<StorageRow>;
  save(paths: string | string[], options?: Partial<SaveInput>, signal?: AbortSignal): Promise<SaveResult>;
  /** Saves one and gives its record. */
  saveOne(path: string, options?: Partial<SaveInput>): Promise<ArtifactRecord>;
  verify(input?: Partial<VerifyInput>, signal?: AbortSignal): Promise<VerifyResult>;
  /** Registers files of a storage where they are; names below its root. */
  register(names: (string | Buffer)[], root?: string): Promise<RegisterOutcome[]>;
  row(uid: string): Promise<ArtifactRow>;
  rows(): Promise<ArtifactRow[]>;
  changes(): Promise<number>;
  close(): Promise<void>;
}

export async function openArtifacts(
  base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-artifacts-'))),
): Promise<TestArtifacts> {
  const lab = join(base, 'lab');
  mkdirSync(lab, { recursive: true });
  const workbench = await openBenchWorkbench(join(base, 'home'));
  if (workbench.settings().instance === null) await initInstance(workbench, { storage: lab, name: 'test' });
  const context = await openInstance(workbench, { name: 'test', hasher: hashPool(2) });
  const fs = nodeFs(systemRandom);

  const test: TestArtifacts = {
    base,
    lab,
    context,
    put(name, content = name) {
      const path = join(base, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    folder(name) {
      mkdirSync(join(base, name), { recursive: true });
      return join(base, name);
    },
    async add(root, managed = false) {
      await addStorage(context, { root, managed, watch: false });
      return test.storage(root);
    },
    storage: (root = lab) => findStorage(context.registry.db, root),
    save: (paths, options = {}, signal) =>
      ended(saveArtifacts(context, { paths: [paths].flat(), labels: [], new: false, ...options }, signal)),
    async saveOne(path, options) {
      const { items } = await test.save(path, options);
      const [item] = items;
      if (item === undefined || items.length > 1) throw new Error(`${String(items.length)} items`);
      return item;
    },
    verify: (input = {}, signal) =>
      ended(verify(context, { artifacts: [], all: false, registry: false, ...input }, signal)),
    async register(names, root = lab) {
      const storage = await test.storage(root);
      const paths = names.map((name): RawPath => (typeof name === 'string' ? rawFromText(name) : rawFromBytes(name)));
      const files = [];
      for (const path of paths) {
        const facts = await fs.look(joinRaw(localRoot(storage), path));
        if (facts === null) throw new Error(`${path} is not there`);
        files.push({ path, facts });
      }
      return registerFiles(context, { storage, files, author: await context.author(), operation: 'watch' });
    },
    row: (uid) =>
      context.registry.db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirstOrThrow(),
    rows: () => context.registry.db.selectFrom('artifact').selectAll().orderBy('id').execute(),
    async changes() {
      const { n } = await context.registry.db
        .selectFrom('change')
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return n;
    },
    async close() {
      await context.hasher.close();
      await context.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  return test;
}

/** The result of a job. */
export async function ended<T>(job: AsyncGenerator<JobProgress, T>): Promise<T> {
  for (;;) {
    const step = await job.next();
    if (step.done === true) return step.value;
  }
}
