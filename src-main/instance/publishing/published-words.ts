/** Why an instance that is published is open for reading only, in plain words: what is so, then what can be done. */
import type { BenchkeepError } from '../../../shared/errors.ts';
import { holderInWords } from './lease.ts';

export function heldByOthers(holder: Parameters<typeof holderInWords>[0]): string {
  return `Someone else has this instance open for writing: ${holderInWords(holder)}. You can look at everything; you can write when it is closed there.`;
}

export function onlyRead(root: string, error: BenchkeepError): string {
  return `You may read what is published in ${root}, and not write there (${error.message}). You can look at everything; ask whoever owns the place to let you write.`;
}

export function movedAway(root: string): string {
  return `The published registry is not in ${root} any more. It is looked for where it went; try again in a moment.`;
}

export const DIVERGED =
  'The registry of this computer and the published one have gone different ways: changes were made in both. Nothing was merged or overwritten. Keep this one beside the published one (benchkeep publish --beside), or take the published one (benchkeep connect ROOT --published; this one is kept as a backup).';
