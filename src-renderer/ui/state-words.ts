/** States of a file in the window's words. */
import type { ArtifactState } from '../../shared/contract/records.ts';
import { shownState, stateText } from '../../shared/vocabulary.ts';

const STATES: readonly string[] = ['ok', 'unverified', 'changed', 'missing', 'offline'] satisfies ArtifactState[];

export function stateWords(state: ArtifactState): string {
  return stateText(shownState(state));
}

/** For a value that comes as plain text, for example of a facet. */
export function stateWordsOf(value: string): string {
  return STATES.includes(value) ? stateWords(value as ArtifactState) : value;
}
