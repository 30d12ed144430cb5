/** States of a file in the window's words (`ux.md`). */
import type { ArtifactState } from '../../shared/contract/records.ts';

const WORDS: Record<ArtifactState, string> = {
  ok: 'On this computer',
  unverified: 'Reading…',
  changed: 'Changed since last version',
  missing: 'Can’t find this file',
  offline: 'Drive not connected',
};

export function stateWords(state: ArtifactState): string {
  return WORDS[state];
}

/** For a value that comes as plain text, for example of a facet. */
export function stateWordsOf(value: string): string {
  return Object.hasOwn(WORDS, value) ? WORDS[value as ArtifactState] : value;
}
