/** A watched temporary folder whose hints and problems are gathered. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { hintThread } from '../../src-main/engine/hint-client.ts';
import { rawFromText, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import type { HintSource, WatchProblem } from '../../src-main/watching/index.ts';

export interface Watched {
  root: string;
  source: HintSource;
  /** Raw paths hinted at, since `forget`. */
  hints: Set<RawPath>;
  /** How many paths came in how many messages. */
  batches: number[];
  problems: WatchProblem[];
  forget(): void;
  /** Waits until one of `paths` (below the root, '' for itself) was hinted at. */
  hinted(...paths: string[]): Promise<void>;
  problem(kind: WatchProblem['kind']): Promise<WatchProblem>;
  stop(): void;
  close(): Promise<void>;
}

const PATIENCE = { timeout: 15_000, interval: 10 };

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-hints-')));
}

/** Returns once all is watched: the root itself is hinted at then. */
export async function watchForHints(
  options: Parameters<typeof hintThread>[0] = {},
  prepare?: (root: string) => void,
): Promise<Watched> {
  const root = temporaryFolder();
  prepare?.(root);
  const source = hintThread(options);
  const hints = new Set<RawPath>();
  const batches: number[] = [];
  const problems: WatchProblem[] = [];
  const stop = source.watch(
    rawFromText(root),
    (paths) => {
      batches.push(paths.length);
      for (const path of paths) hints.add(path);
    },
    (problem) => problems.push(problem),
  );
  const watched: Watched = {
    root,
    source,
    hints,
    batches,
    problems,
    stop,
    forget() {
      hints.clear();
      batches.length = 0;
      problems.length = 0;
    },
    hinted: (...paths) =>
      vi.waitFor(() => {
        if (!paths.some((path) => hints.has(rawFromText(path === '' ? root : join(root, path))))) {
          throw new Error(`no hint at ${paths.join(' or ')}, only ${JSON.stringify([...hints].slice(0, 20))}`);
        }
      }, PATIENCE),
    problem: (kind) =>
      vi.waitFor(() => {
        const found = problems.find((problem) => problem.kind === kind);
        if (found === undefined) throw new Error(`no ${kind}, only ${JSON.stringify(problems)}`);
        return found;
      }, PATIENCE),
    async close() {
      await source.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  await watched.hinted('');
  watched.forget();
  return watched;
}
