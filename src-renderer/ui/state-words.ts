/** States of a file in the window's words. */
import type { ArtifactState } from '../../shared/contract/records.ts';
import { shownState, stateText } from '../../shared/vocabulary.ts';

const STATES: readonly string[] = ['ok', 'unverified', 'changed', 'missing', 'offline'] satisfies ArtifactState[];

/** The engine's reason where a newer version was written over the file of an older one: nothing is wrong then. */
const OVERWRITTEN = 'overwritten';

export function isOverwritten(state: ArtifactState, reason: string | null): boolean {
  return state === 'missing' && reason === OVERWRITTEN;
}

export function stateWords(state: ArtifactState, reason: string | null = null): string {
  return isOverwritten(state, reason) ? 'Overwritten by a newer version' : stateText(shownState(state));
}

/** For a value that comes as plain text, for example of a facet. */
export function stateWordsOf(value: string): string {
  return STATES.includes(value) ? stateWords(value as ArtifactState) : value;
}
