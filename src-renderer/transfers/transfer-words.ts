/** What is on its way, in words: state, how far, how fast, how long still. */
import { formatBytes, formatRate } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import { formatDuration } from '../../shared/format/times.ts';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { shownTransfer, stateText, tryAgainText, WORDS } from '../../shared/vocabulary.ts';
import { shortTime } from '../ui/words.ts';

export function isOver({ state }: Pick<TransferRecord, 'state'>): boolean {
  return state === 'done' || state === 'cancelled';
}

/** Nothing is left to do for a person or the store: what was sent is proven. */
export function isProven({ state }: Pick<TransferRecord, 'state'>): boolean {
  return state === 'verified' || state === 'recorded' || state === 'settling' || state === 'done';
}

/** 0 to 100, whole numbers downwards: 100 only when all of it is sent. */
export function percentOf(transfer: Pick<TransferRecord, 'sent' | 'total' | 'state'>): number {
  if (transfer.total === 0) return isProven(transfer) ? 100 : 0;
  return Math.floor(Math.min(1, transfer.sent / transfer.total) * 100);
}

/** Whether it failed and waits: for its next try, or for a person. */
export function isFailing(transfer: TransferRecord): boolean {
  return !isOver(transfer) && shownTransfer(transfer) === 'problem';
}

/** The state in one line: "Uploading 43 %", "Paused at 43 %", "Problem: …". */
export function transferText(transfer: TransferRecord): string {
  const shown = shownTransfer(transfer);
  const percent = percentOf(transfer);
  const text = stateText(shown, { percent, ...(transfer.error ? { reason: transfer.error.message } : {}) });
  return shown === 'paused' && percent > 0 ? `${text} at ${String(percent)} %` : text;
}

/** "It is waiting to try again at 14:30, the 3rd time"; null where nothing goes on by itself. */
export function nextTryText({ next, attempts }: TransferRecord, now: number): string | null {
  if (next === null) return null;
  const tries = attempts > 1 ? ` (tried ${countOf(attempts, 'time')})` : '';
  const text = tryAgainText(shortTime(next, now));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${tries}.`;
}

/** "1.2 GB of 4 GB · 12 MB/s · 4 min left"; of a run folder also how many files. */
export function amountText(transfer: TransferRecord): string {
  const { sent, total, rate, busy, n_files } = transfer;
  const inside = n_files === null ? [] : [`${WORDS.folder_artifact.one} with ${countOf(n_files, 'file')}`];
  if (isProven(transfer) || transfer.state === 'cancelled') return [...inside, formatBytes(total)].join(' · ');
  const moved = sent > 0 ? `${formatBytes(Math.min(sent, total))} of ${formatBytes(total)}` : formatBytes(total);
  const pace = busy && transfer.state === 'sending' ? paceOf(total - sent, rate) : [];
  return [...inside, moved, ...pace].join(' · ');
}

function paceOf(left: number, rate: number | null): string[] {
  if (rate === null || rate <= 0) return [];
  return [formatRate(rate), `${formatDuration((Math.max(0, left) / rate) * 1000)} left`];
}

export interface Totals {
  sent: number;
  total: number;
  /** Bytes a second of all together; null while nothing is measured. */
  rate: number | null;
  /** Bytes that no pause and no problem holds back. */
  moving: number;
  /** How many of them were looked at. */
  count: number;
}

/** Of those that are not over. */
export function totalsOf(transfers: readonly TransferRecord[]): Totals {
  const totals: Totals = { sent: 0, total: 0, rate: null, moving: 0, count: 0 };
  for (const transfer of transfers) {
    if (isOver(transfer)) continue;
    const sent = isProven(transfer) ? transfer.total : Math.min(transfer.sent, transfer.total);
    totals.sent += sent;
    totals.total += transfer.total;
    totals.count += 1;
    if (!transfer.paused && !isFailing(transfer)) totals.moving += transfer.total - sent;
    if (transfer.busy && transfer.rate !== null) totals.rate = (totals.rate ?? 0) + transfer.rate;
  }
  return totals;
}

/** "12 files to go · 1.2 GB of 40 GB · 12 MB/s · 50 min left · 2 with a problem · 1 paused" */
export function totalText(counts: { waiting: number; failing: number; paused: number }, totals: Totals): string {
  // Of very many only the first are told with their sizes.
  const known = totals.count >= counts.waiting;
  const parts = [
    `${countOf(counts.waiting, WORDS.mixed.one, WORDS.mixed.many)} to go`,
    `${formatBytes(totals.sent)} of ${known ? '' : 'more than '}${formatBytes(totals.total)}`,
    ...(known ? paceOf(totals.moving, totals.rate) : totals.rate === null ? [] : [formatRate(totals.rate)]),
  ];
  if (counts.failing > 0) parts.push(`${countOf(counts.failing, 'problem')}`);
  if (counts.paused > 0) parts.push(`${String(counts.paused)} paused`);
  return parts.join(' · ');
}
