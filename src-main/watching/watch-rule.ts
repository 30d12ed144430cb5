/** Which entries of a watched folder are registered. */
import { matchGlob } from '../../shared/glob.ts';
import { junkReason } from '../../shared/junk-names.ts';
import type { WatchRule } from '../../shared/contract/index.ts';
import { rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

export const DEFAULT_RULE: WatchRule = { include: [], exclude: [], settle: null };

/** The rule as the registry keeps it; null is the default. */
export function ruleFromRow(json: string | null): WatchRule {
  return json === null ? DEFAULT_RULE : { ...DEFAULT_RULE, ...(JSON.parse(json) as Partial<WatchRule>) };
}

/** True for names that are never looked at: temporary, junk, and Benchkeep's own. */
export function isJunk(name: RawPath): boolean {
  return junkReason(rawToDisplay(name)) !== null;
}

/** True where `path` (below the root) is to be registered. A pattern without a slash is held against the name. */
export function isIncluded(path: RawPath, rule: WatchRule): boolean {
  if (rule.include.length === 0 && rule.exclude.length === 0) return true;
  const whole = rawToDisplay(path);
  const name = rawToDisplay(splitRaw(path).name);
  const matches = (pattern: string): boolean => matchGlob(pattern, pattern.includes('/') ? whole : name);
  return (rule.include.length === 0 || rule.include.some(matches)) && !rule.exclude.some(matches);
}

/** True where any part of `path` is junk: what hints are asked, since they come for all depths. */
export function isBelowJunk(path: RawPath): boolean {
  return path.split('/').some((part) => isJunk(part as RawPath));
}
