/** Where to look, gathered from hints until the next look. */
import { relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** More paths than this are cheaper to walk from the root. */
const MOST_PATHS = 20_000;
const ROOT = '' as RawPath;

export interface PendingHints {
  /** Absolute paths; what lies outside of the root makes all of it be looked at. */
  add(paths: readonly RawPath[]): void;
  isEmpty(): boolean;
  /** What came since the last call together with `due`, below the root; what lies below another one of them is left out. */
  take(due?: readonly RawPath[]): RawPath[];
}

export function pendingHints(root: RawPath): PendingHints {
  let hinted = new Set<RawPath>();
  return {
    add(paths) {
      for (const path of paths) hinted.add(relativeRaw(root, path) ?? ROOT);
      if (hinted.size > MOST_PATHS) hinted = new Set([ROOT]);
    },
    isEmpty: () => hinted.size === 0,
    take(due = []) {
      const paths = new Set([...hinted, ...due]);
      hinted = new Set();
      return withoutCovered(paths);
    },
  };
}

function withoutCovered(paths: ReadonlySet<RawPath>): RawPath[] {
  if (paths.has(ROOT)) return [ROOT];
  return [...paths].filter((path) => {
    for (let above = splitRaw(path).folder; above !== ROOT; above = splitRaw(above).folder)
      if (paths.has(above)) return false;
    return true;
  });
}
