/** States of a file in the window's words. */
import type { ArtifactState } from '../../shared/contract/records.ts';
import type { TransferRecord } from '../../shared/contract/transfers.ts';
import { shownState, shownTransfer, stateText, type ShownState } from '../../shared/vocabulary.ts';
import type { Where } from './where.ts';

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

/** What is shown of a file that is in order: its transfer while there is one, else where it is. */
export function shownNow(state: ArtifactState, where: Where, transfer: TransferRecord | undefined): ShownState {
  return transfer !== undefined && state === 'ok' ? shownTransfer(transfer) : shownState(state, where);
}

/** Its words; of a transfer with how far it is, or what is wrong. */
export function wordsNow(shown: ShownState, transfer: TransferRecord | undefined): string {
  if (transfer === undefined) return stateText(shown);
  const percent = transfer.total === 0 ? 0 : Math.min(100, (transfer.sent / transfer.total) * 100);
  const what = transfer.direction === 'upload' ? 'Upload' : 'Download';
  if (shown === 'paused' || shown === 'stopped') return `${what} ${stateText(shown).toLowerCase()}`;
  return stateText(shown, { percent, ...(transfer.error === null ? {} : { reason: transfer.error.message }) });
}
