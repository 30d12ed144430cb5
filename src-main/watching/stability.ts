/** When is an ordinary file complete? (`ux.md`: two equal looks, far enough apart, and nobody writing) */
import { lastTouched, sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';

/** Milliseconds between two equal looks. */
export const SETTLE_LOCAL = 10_000;
export const SETTLE_NETWORK = 30_000;

export interface EarlierLook {
  facts: FileFacts;
  /** Wall-clock milliseconds at which the file may count as settled if nothing changes until then. */
  due: number;
}

export type Stability = { stable: true } | { stable: false; /** When to look again (wall clock, ms). */ next: number };

/**
 * `now` in wall-clock ms. Old enough at the first look counts as stable; a time in the future tells nothing, so
 * such a file needs two looks like a young one. `touched`: of all that is in a folder that is one item.
 */
export function judgeStability(
  facts: FileFacts,
  earlier: EarlierLook | null,
  now: number,
  settle: number,
  touched = lastTouched(facts),
): Stability {
  const age = now - touched;
  if (age >= settle) return { stable: true };
  if (earlier !== null && sameFacts(earlier.facts, facts)) {
    return now >= earlier.due ? { stable: true } : { stable: false, next: Math.min(earlier.due, now + settle) };
  }
  return { stable: false, next: now + settle };
}
