/** A data folder and a place for files of its own, with a workbench on it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  initInstance,
  openInstance,
  openWorkbench,
  type OpenInstance,
  type Workbench,
  type WorkbenchOptions,
} from '../../src-main/instance/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import type { Hasher } from '../../src-main/ports/fs/hasher.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { systemRandom } from '../../src-main/ports/random.ts';

/** Nothing of what is tested with it hashes. */
export const noHasher: Hasher = {
  hashFiles: () => Promise.reject(new Error('nothing is hashed here')),
  hashEnds: () => Promise.reject(new Error('nothing is hashed here')),
  rehashFiles: () => Promise.reject(new Error('nothing is hashed here')),
  hashContent() {
    throw new Error('nothing is hashed here');
  },
  close: () => Promise.resolve(),
};

export interface Bench {
  base: string;
  home: string;
  /** A folder of that name beside the data folder, made. */
  folder(name: string): string;
  workbench(options?: Partial<WorkbenchOptions>): Promise<Workbench>;
  /** A new instance, open. */
  instance(storage?: string, name?: string): Promise<{ workbench: Workbench; open: OpenInstance }>;
  open(workbench: Workbench, name?: string | null): Promise<OpenInstance>;
  remove(): Promise<void>;
}

export function makeBench(): Bench {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-test-')));
  const home = join(base, 'home');
  const opened: OpenInstance[] = [];
  const bench: Bench = {
    base,
    home,
    folder(name) {
      const path = join(base, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    workbench: (options = {}) => openBenchWorkbench(home, options),
    async instance(storage = bench.folder('lab'), name) {
      const workbench = await bench.workbench();
      await initInstance(workbench, { storage, name: name ?? null });
      return { workbench, open: await bench.open(workbench) };
    },
    async open(workbench, name = null) {
      const open = await openInstance(workbench, { name, hasher: noHasher });
      opened.push(open);
      return open;
    },
    async remove() {
      for (const open of opened) await open.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  return bench;
}

export function openBenchWorkbench(home: string, options: Partial<WorkbenchOptions> = {}): Promise<Workbench> {
  return openWorkbench({
    home: rawFromText(home),
    fs: nodeFs(systemRandom),
    clock: systemClock,
    random: systemRandom,
    login: 'ada',
    defaultBase: rawFromText(join(home, 'files')),
    ...options,
  });
}
