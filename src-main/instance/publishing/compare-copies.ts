/** How this computer's registry and the published one stand to each other. Pure; heads tell of whole histories. */
import type { Head } from '../head-file.ts';

/** Of a registry: does its log go through this change? */
export interface History {
  head: Head;
  goesThrough(head: Head): boolean;
}

/**
 * `ahead`: what is published is all in here; `behind`: what is here is all in there; `unknown`: the published one has more changes, so only its own log tells.
 */
export type Standing = 'same' | 'ahead' | 'behind' | 'diverged' | 'unknown';

/** `theirs`: null as long as only the head of the published one is known. */
export function compareCopies(ours: History, theirHead: Head, theirs: History | null): Standing {
  if (theirHead.id === ours.head.id && theirHead.hash === ours.head.hash) return 'same';
  if (ours.goesThrough(theirHead)) return 'ahead';
  if (theirHead.id <= ours.head.id) return 'diverged';
  if (theirs === null) return 'unknown';
  return theirs.goesThrough(ours.head) ? 'behind' : 'diverged';
}
