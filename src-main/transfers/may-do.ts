/** What a person can do with a transfer. Pure; list, deeds and the window keep to it. */
import type { TransferRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { OVER, UNPROVEN } from './upload-states.ts';

type Asked = Pick<TransferRow, 'direction' | 'purpose' | 'state' | 'paused' | 'attempts'>;
export type Deed = keyof TransferRecord['can'];

export function isOver({ state }: Pick<TransferRow, 'state'>): boolean {
  return OVER.has(state);
}

/** Only uploads are worked on by themselves: a save is brought to its end by whoever saves, a download by whoever asks for it. */
export function mayDo(row: Asked, isBusy: boolean): TransferRecord['can'] {
  const isQueued = row.purpose === 'upload' && !isOver(row);
  const isOpen = UNPROVEN.has(row.state);
  const isPaused = row.paused === 1;
  return {
    pause: isQueued && isOpen && !isPaused,
    resume: isQueued && isPaused,
    retry: isQueued && !isPaused && row.attempts > 0 && !isBusy,
    first: isQueued && isOpen && !isBusy,
    cancel: isOpen && (row.purpose !== 'save' || !isBusy),
  };
}

/** What is asked for is so already, or will be without anything being done. */
export function isSo(deed: Deed, row: Asked, isBusy: boolean): boolean {
  if (row.purpose !== 'upload' || isOver(row)) return false;
  if (deed === 'pause') return row.paused === 1;
  if (deed === 'first') return isBusy;
  return (deed === 'resume' || deed === 'retry') && row.paused === 0;
}

/** Nobody works on it, and nobody will by themselves. */
export function isLeft(row: Pick<TransferRow, 'purpose' | 'state'>, isBusy: boolean): boolean {
  return row.purpose !== 'upload' && !isOver(row) && !isBusy;
}

export function refusal(deed: Deed, { id, ...row }: Asked & Pick<TransferRow, 'id'>): BenchkeepError {
  const refused = (message: string, remedy: string): BenchkeepError => new BenchkeepError('refused', message, remedy);
  const transfer = `Transfer ${String(id)}`;
  if (isOver(row)) return refused(`${transfer} is over`, 'There is nothing to be done.');
  if (!UNPROVEN.has(row.state))
    return refused(
      `The content of transfer ${String(id)} is in the cloud and verified already`,
      'It comes to its end in a moment. If you do not want it there, delete the artifact then.',
    );
  if (row.direction === 'download')
    return refused(
      `${transfer} is a download, which goes on only while somebody waits for it`,
      'Cancel it, or ask for a copy on this computer again.',
    );
  if (row.purpose === 'save')
    return refused(
      `${transfer} belongs to a file that is being saved`,
      deed === 'cancel' ? 'Stop the saving of that file instead.' : 'It goes on with the saving of that file.',
    );
  return refused(`${transfer} is paused`, 'Let it go on: then it is tried at once.');
}
