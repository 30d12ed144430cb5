/** What is worth saying of two looks at the transfers: what is done, and what failed for the first time. Pure. */
import { countOf } from '../../shared/format/counts.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { STATE_TEXTS, WORDS } from '../../shared/vocabulary.ts';
import { isFailing, isOver } from './transfer-words.ts';

export interface News {
  done: TransferRecord[];
  /** Also what ended for good with a problem. */
  failed: TransferRecord[];
}

/** `told`: ids whose failure was said already; it is kept up to date here. */
export function newsOf(before: ReadonlySet<number>, after: readonly TransferRecord[], told: Set<number>): News {
  const news: News = { done: [], failed: [] };
  for (const transfer of after) {
    const wasWaiting = before.has(transfer.id);
    if (transfer.state === 'done' && wasWaiting) news.done.push(transfer);
    const failed = isFailing(transfer) || (wasWaiting && transfer.state === 'cancelled' && transfer.error !== null);
    if (failed && !told.has(transfer.id)) {
      told.add(transfer.id);
      news.failed.push(transfer);
    }
    if (isOver(transfer)) told.delete(transfer.id);
  }
  return news;
}

export function waitingIds(transfers: readonly TransferRecord[]): Set<number> {
  return new Set(transfers.filter((transfer) => !isOver(transfer)).map(({ id }) => id));
}

/** "day1.fcs is in the cloud, verified. 3 files to go." */
export function doneText(done: readonly TransferRecord[], waiting: number): string {
  const [first] = done;
  const what = done.length === 1 && first ? nameOf(first) : countOf(done.length, WORDS.mixed.one, WORDS.mixed.many);
  const where = first?.direction === 'download' ? STATE_TEXTS.here_verified : STATE_TEXTS.cloud_verified;
  const rest =
    waiting === 0 ? 'Nothing else is on its way.' : `${countOf(waiting, WORDS.mixed.one, WORDS.mixed.many)} to go.`;
  return `${what}: ${where.charAt(0).toLowerCase()}${where.slice(1)}. ${rest}`;
}

export function failedText(failed: readonly TransferRecord[]): string {
  const [first] = failed;
  const reason = escapeForDisplay(first?.error?.message ?? '');
  return failed.length === 1 && first
    ? `Problem with ${nameOf(first)}: ${reason}.`
    : `Problem with ${countOf(failed.length, WORDS.mixed.one, WORDS.mixed.many)}: ${reason}.`;
}

/** The name alone, without its folders. */
export function nameOf({ name }: Pick<TransferRecord, 'name'>): string {
  return escapeForDisplay(name.slice(name.lastIndexOf('/') + 1));
}
