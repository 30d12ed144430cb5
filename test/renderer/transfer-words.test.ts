/** What is on its way in words, what is news of it, and sizes as settings take them. */
import { describe, expect, it } from 'vitest';
import type { TransferRecord } from '../../shared/contract/index.ts';
import { shownTransfer, STATE_TEXTS } from '../../shared/vocabulary.ts';
import { limitText, readLimit } from '../../src-renderer/settings/limits.ts';
import { doneText, failedText, newsOf, waitingIds } from '../../src-renderer/transfers/transfer-news.ts';
import {
  amountText,
  percentOf,
  totalsOf,
  totalText,
  transferText,
} from '../../src-renderer/transfers/transfer-words.ts';
import { whereOf } from '../../src-renderer/ui/where.ts';
import { makeTransfer } from './fake-engine/transfers.ts';

const ERROR = { code: 'offline', message: 'No network', remedy: 'Look at the cable.' };
const transfer = (changes: Partial<TransferRecord>): TransferRecord => makeTransfer(1, { total: 100e6, ...changes });

describe('states of transfers', () => {
  it.each([
    [{}, 'Upload queued'],
    [{ busy: true }, 'Reading…'],
    [{ state: 'sending', busy: true, sent: 43.9e6 }, 'Uploading 43 %'],
    [{ state: 'sending', sent: 43e6 }, 'Upload queued'],
    [{ state: 'sending', sent: 43e6, paused: true }, 'Paused at 43 %'],
    [{ paused: true }, 'Paused'],
    [{ state: 'completing', busy: true }, 'Checking the cloud copy'],
    [{ state: 'verified', busy: true }, 'In the cloud, verified'],
    [{ state: 'done' }, 'In the cloud, verified'],
    [{ state: 'sending', error: ERROR }, 'Problem: No network'],
    [{ state: 'sending', busy: true, sent: 1e6, error: ERROR }, 'Uploading 1 %'],
    [{ state: 'cancelled' }, 'Cancelled'],
    [{ state: 'cancelled', error: ERROR }, 'Problem: No network'],
    [{ direction: 'download', state: 'sending', busy: true, sent: 5e6 }, 'Downloading 5 %'],
    [{ direction: 'download', state: 'done' }, 'On this computer, verified'],
  ] as const)('%o: %s', (changes, text) => {
    expect(transferText(transfer(changes))).toBe(text);
  });

  it('never says of anything before it is proven that it is verified', () => {
    for (const state of ['planned', 'sending', 'completing', 'cancelled'] as const)
      for (const busy of [true, false])
        for (const paused of [true, false])
          for (const error of [null, ERROR])
            expect(STATE_TEXTS[shownTransfer(transfer({ state, busy, paused, error, sent: 100e6 }))]).not.toContain(
              'verified',
            );
  });

  it('100 % is only what is sent wholly; an empty file is all or nothing', () => {
    expect(percentOf({ sent: 999, total: 1000, state: 'sending' })).toBe(99);
    expect(percentOf({ sent: 0, total: 0, state: 'sending' })).toBe(0);
    expect(percentOf({ sent: 0, total: 0, state: 'done' })).toBe(100);
  });

  it('amounts, speed and time that is left', () => {
    const moving = transfer({ state: 'sending', busy: true, sent: 40e6, rate: 12e6 });
    expect(amountText(moving)).toBe('40 MB of 100 MB · 12 MB/s · 5 s left');
    expect(amountText({ ...moving, rate: null })).toBe('40 MB of 100 MB');
    expect(amountText({ ...moving, busy: false })).toBe('40 MB of 100 MB');
    expect(amountText(transfer({ n_files: 1204 }))).toBe('run folder with 1,204 files · 100 MB');
    expect(amountText(transfer({ state: 'done', sent: 100e6 }))).toBe('100 MB');
  });

  it('totals: what is held back by a pause or a problem is not in the time that is left', () => {
    const all = [
      transfer({ state: 'sending', busy: true, sent: 40e6, rate: 12e6 }),
      transfer({ paused: true }),
      transfer({ error: ERROR }),
      transfer({ state: 'done', sent: 100e6 }),
    ];
    expect(totalText({ waiting: 3, failing: 1, paused: 1 }, totalsOf(all))).toBe(
      '3 items to go · 40 MB of 300 MB · 12 MB/s · 5 s left · 1 problem · 1 paused',
    );
    // Of more than are told neither the sum nor the time is known.
    expect(totalText({ waiting: 9, failing: 0, paused: 0 }, totalsOf(all))).toBe(
      '9 items to go · 40 MB of more than 300 MB · 12 MB/s',
    );
  });
});

describe('news of transfers', () => {
  it('what is done and what fails is news once; what a person cancels is none', () => {
    const told = new Set<number>();
    const [a, b, c] = [makeTransfer(1), makeTransfer(2), makeTransfer(3)];
    const before = waitingIds([a, b, c]);
    const after = [
      { ...a, state: 'done' as const },
      { ...b, error: ERROR },
      { ...c, state: 'cancelled' as const },
    ];
    const news = newsOf(before, after, told);
    expect([news.done.map(({ id }) => id), news.failed.map(({ id }) => id)]).toEqual([[1], [2]]);
    expect(newsOf(waitingIds(after), after, told)).toEqual({ done: [], failed: [] });
    const lost = { ...b, state: 'cancelled' as const, error: ERROR };
    expect(newsOf(waitingIds([b]), [lost], new Set()).failed).toEqual([lost]);
  });

  it('is said in one sentence', () => {
    const one = makeTransfer(1, { state: 'done' });
    expect(doneText([one], 3)).toBe('sample_00001.fcs: in the cloud, verified. 3 items to go.');
    expect(doneText([one, one], 0)).toBe('2 items: in the cloud, verified. Nothing else is on its way.');
    expect(failedText([makeTransfer(1, { error: ERROR })])).toBe('Problem with sample_00001.fcs: No network.');
  });
});

describe('where it is', () => {
  const here = { storage: 's', path: '/data/x', verified_at: null };
  const cloud = { storage: 'b', path: 's3://b/x', verified_at: '2026-11-01T00:00:00Z' };
  it('beside a copy here one in the cloud counts only when it is verified', () => {
    expect(whereOf([here])).toEqual({ local: true, cloud: false });
    expect(whereOf([here, cloud])).toEqual({ local: true, cloud: true });
    expect(whereOf([here, { ...cloud, verified_at: null }])).toEqual({ local: true, cloud: false });
    expect(whereOf([{ ...cloud, verified_at: null }])).toEqual({ local: false, cloud: true });
    expect(whereOf([{ ...here, path: 'C:\\s3\\x' }])).toEqual({ local: true, cloud: false });
  });
});

describe('sizes in settings', () => {
  it('what is shown is what is meant, exactly', () => {
    for (const bytes of [50e9, 1e6, 10_000_001, 1]) expect(readLimit(limitText(bytes))).toBe(bytes);
    expect(limitText(null)).toBe('');
  });

  it('reads what people write', () => {
    expect(readLimit('10 MB/s')).toBe(10_000_000);
    expect(readLimit('1,5 GB')).toBe(1_500_000_000);
    expect(readLimit(' ')).toBeNull();
    expect(readLimit('fast')).toBeUndefined();
    expect(readLimit('0')).toBeUndefined();
  });
});
