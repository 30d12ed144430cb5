/** What has arrived by rule is uploaded while somebody waits for it, within the hours for uploads. */
import { BenchkeepError, type ErrorData } from '../../shared/errors.ts';
import type { JobProgress, TransferRecord, WatchUploads } from '../../shared/contract/index.ts';
import { tellProgress } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp, type Clock } from '../ports/clock.ts';
import { isUploadTime, transferRecords } from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeTransfers, changeTransfers, chosenTransfers } from '../workstation/transfer-rows.ts';
import { readUploadSettings, type UploadHours } from '../workstation/upload-settings.ts';
import { artifactsIn, queueArrivals, uploadingFolders } from './arrivals.ts';

/** Ms between two looks at the time of the day. */
const LOOK = 30_000;
const MOST_REASONS = 5;

/**
 * Queues what has arrived since the last look, and ends when that and what was left of earlier looks is in the store, or
 * can't come there now: the rest stays queued. Errors: `cancelled`.
 */
export function uploadArrivals(
  context: InstanceContext,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, WatchUploads> {
  return tellProgress(context.clock, signal, async (job) => {
    await queueArrivals(context);
    const rows = await arrivalsOnTheirWay(context);
    const { workstation, queue, clock } = context;
    const settings = await readUploadSettings(workstation);
    const hours = within(clock, settings.hours);
    const sent = new Map<number, number>();
    job.progress.items_total = rows.length;
    job.progress.bytes_total = rows.reduce((sum, { size }) => sum + size, 0);
    const now = timestamp(clock);
    const wanted = hours.signal.aborted ? [] : rows.filter((row) => row.paused === 0 && !isAskedToWait(row, now));
    // A failure of an earlier time is not waited for.
    const failed = wanted.filter(({ next, attempts }) => next !== null || attempts > 0).map(({ id }) => id);
    if (failed.length > 0) {
      await changeTransfers(workstation, failed, { attempts: 0, next: null, error: null });
      queue.tryAgain();
    }
    const stop = AbortSignal.any([job.signal, hours.signal]);
    const bring = async (row: TransferRow): Promise<void> => {
      const onSent = (bytes: number): void => {
        job.progress.bytes += bytes - (sent.get(row.id) ?? 0);
        sent.set(row.id, bytes);
      };
      try {
        await queue.finish(row, { signal: stop, onSent });
        onSent(row.size);
        job.progress.items += 1;
      } catch (error) {
        // What became of it is written down with it.
        if (!(error instanceof BenchkeepError)) throw error;
      }
    };
    try {
      await Promise.all(wanted.map(bring));
    } finally {
      hours.leave();
    }
    if (job.signal.aborted) throw new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept.');
    const ids = rows.map(({ id }) => id);
    return summed(await transferRecords(context, await chosenTransfers(workstation, ids)));
  });
}

/** Its store said when to come again, and that is not yet. */
function isAskedToWait({ next, error }: TransferRow, now: string): boolean {
  if (next === null || next <= now || error === null) return false;
  return typeof (JSON.parse(error) as ErrorData).details?.['retry_after'] === 'number';
}

/** In the order of the queue; those that are paused, too. */
async function arrivalsOnTheirWay(context: InstanceContext): Promise<TransferRow[]> {
  const folders = await uploadingFolders(context);
  if (folders.length === 0) return [];
  const rows = (await activeTransfers(context.workstation)).filter(({ purpose }) => purpose === 'upload');
  const uids = rows.map(({ artifact_uid: uid }) => uid);
  const arrived = await artifactsIn(context, folders, uids);
  return rows.filter(({ artifact_uid: uid }) => arrived.has(uid));
}

/** Aborts when the hours are over; at once outside of them. */
function within(clock: Clock, hours: UploadHours | null): { signal: AbortSignal; leave: () => void } {
  const over = new AbortController();
  let leave = (): void => undefined;
  const look = (): void => {
    if (hours === null) return;
    if (isUploadTime(hours, clock.now())) leave = clock.after(LOOK, look);
    else over.abort();
  };
  look();
  return {
    signal: over.signal,
    leave: () => {
      leave();
    },
  };
}

function summed(records: readonly TransferRecord[]): WatchUploads {
  const waiting = records.filter(({ state }) => state !== 'done' && state !== 'cancelled');
  const failed = records.filter(({ state }) => state === 'cancelled');
  const reasons = new Set([...failed, ...waiting].flatMap((record) => reasonOf(record) ?? []));
  return {
    done: records.length - waiting.length - failed.length,
    waiting: waiting.length,
    failed: failed.length,
    reasons: [...reasons].slice(0, MOST_REASONS),
  };
}

function reasonOf({ paused, error, waits_for: waitsFor }: TransferRecord): string | null {
  if (error !== null) return `${error.message}. ${error.remedy}`;
  return paused ? 'Paused' : (waitsFor ?? null);
}
