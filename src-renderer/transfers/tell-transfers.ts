/** Says what became of transfers, sparingly: what is done to who listens, what failed to everybody. */
import { untrack } from 'svelte';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { ACTIONS } from '../../shared/vocabulary.ts';
import type { AppContext } from '../shell/app-context.ts';
import { doneText, failedText, newsOf, waitingIds } from './transfer-news.ts';
import { percentOf, totalsOf } from './transfer-words.ts';

/** Of what is on its way a quarter is worth a sentence, not each percent. */
const STEP = 25;

export interface TransferTeller {
  /** To be called with each new list. `looking`: the person has the transfers before the eyes. */
  tell(items: readonly TransferRecord[], waiting: number, looking: boolean): void;
}

/** `onshow`: goes to the transfers. What was there when the window was opened is no news. */
export function createTransferTeller(app: AppContext, onshow: () => void): TransferTeller {
  let before: Set<number> | null = null;
  let step = 0;
  const told = new Set<number>();

  function tell(items: readonly TransferRecord[], waiting: number, looking: boolean): void {
    const known = before ?? new Set(items.map(({ id }) => id));
    const first = before === null;
    const { done, failed } = newsOf(known, items, told);
    before = waitingIds(items);
    if (first) return;
    if (failed.length > 0) {
      const text = failedText(failed);
      if (looking) app.announce(text);
      else app.toasts.show(text, { label: ACTIONS.show_transfers, run: onshow });
    } else if (done.length > 0) {
      const text = doneText(done, waiting);
      if (waiting > 0 || looking) app.announce(text);
      else app.toasts.show(text);
    } else if (looking) tellStep(items);
  }

  function tellStep(items: readonly TransferRecord[]): void {
    const { sent, total } = totalsOf(items);
    const now = Math.floor(percentOf({ sent, total, state: 'sending' }) / STEP);
    if (now > step && now * STEP < 100) app.announce(`${String(now * STEP)} % of all transfers are sent.`);
    step = now;
  }

  return { tell: (items, waiting, looking) => untrack(() => tell(items, waiting, looking)) };
}
