/** Hints given by hand. */
import { rawFromText, type RawPath } from '../../src-main/ports/fs/raw-path.ts';
import type { HintSource, WatchProblem } from '../../src-main/watching/index.ts';

interface Watch {
  root: RawPath;
  onHint: (paths: RawPath[]) => void;
  onProblem: (problem: WatchProblem) => void;
}

export interface HandHints {
  source: HintSource;
  /** Roots that are watched now. */
  roots(): RawPath[];
  /** How often a watch was begun. */
  begun: number;
  /** Absolute paths, to every watch. */
  hint(...paths: string[]): void;
  problem(kind: WatchProblem['kind'], reason?: string): void;
}

export function handHints(): HandHints {
  const watches = new Set<Watch>();
  const hints: HandHints = {
    begun: 0,
    roots: () => [...watches].map(({ root }) => root),
    hint(...paths) {
      for (const watch of watches) watch.onHint(paths.map(rawFromText));
    },
    problem(kind, reason = kind) {
      for (const watch of watches) watch.onProblem({ kind, reason });
    },
    source: {
      watch(root, onHint, onProblem) {
        const watch = { root, onHint, onProblem };
        watches.add(watch);
        hints.begun += 1;
        return () => watches.delete(watch);
      },
      close: () => Promise.resolve(),
    },
  };
  return hints;
}
