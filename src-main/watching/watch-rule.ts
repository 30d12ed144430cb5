/** Which entries of a watched folder are registered. */
import { BenchkeepError } from '../../shared/errors.ts';
import { folded, isDoneMarker, type DoneMarker, type OwnUnits } from '../../shared/tell-unit.ts';
import { compileGlob } from '../../shared/glob.ts';
import { junkReason } from '../../shared/junk-names.ts';
import type { WatchRule } from '../../shared/contract/index.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';

export const DEFAULT_RULE: WatchRule = {
  include: [],
  exclude: [],
  settle: null,
  bundle: [],
  done_marker: null,
  upload: false,
};

/** The rule as the registry keeps it; null is the default. */
export function ruleFromRow(json: string | null): WatchRule {
  return json === null ? DEFAULT_RULE : { ...DEFAULT_RULE, ...(JSON.parse(json) as Partial<WatchRule>) };
}

/** True for names that are never looked at: temporary, junk, and Benchkeep's own. */
export function isJunk(name: RawPath): boolean {
  return junkReason(rawToDisplay(name)) !== null;
}

export interface PathRule {
  /** True where the file `path` (below the root) is to be registered, as far as the rule for files goes. */
  includes(path: RawPath): boolean;
  /** True where `path`, a file or a folder with all in it, is left out. */
  excludes(path: RawPath): boolean;
  /** Folders that are one item. */
  units: OwnUnits;
}

/** The patterns, compiled once. A pattern without a slash is held against the name. Errors: `invalid_argument`. */
export function compileRule(rule: WatchRule): PathRule {
  const include = rule.include.map((pattern) => compileGlob(pattern));
  const exclude = rule.exclude.map((pattern) => compileGlob(pattern));
  const bundle = rule.bundle.map((pattern) => compileGlob(pattern));
  const some = (globs: typeof include, path: RawPath): boolean => {
    if (globs.length === 0) return false;
    const shown = rawToDisplay(path);
    return globs.some((matches) => matches(shown));
  };
  return {
    includes: (path) => include.length === 0 || some(include, path),
    excludes: (path) => some(exclude, path),
    units: {
      any: bundle.length > 0,
      isBundle: (path) => bundle.some((matches) => matches(path)),
      marker: rule.done_marker === null ? null : doneMarker(rule.done_marker),
      quiet: rule.settle,
    },
  };
}

function doneMarker(shown: string): DoneMarker {
  if (isDoneMarker(shown)) return { pattern: folded(rawFromText(shown)), shown };
  throw new BenchkeepError(
    'invalid_argument',
    `"${shown}" can't be the name of a marker file`,
    'Give a name without slashes, with one * or one {name} at most, such as done.txt, *.finished or {name}.done.',
  );
}
