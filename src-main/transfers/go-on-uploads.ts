/** Goes on with uploads that the program left in the middle: at its start, and again while a store can't be reached. */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeTransfers, updateTransfer } from '../workstation/transfer-rows.ts';
import { finishUpload } from './finish-upload.ts';
import type { TransferContext } from './transfer-context.ts';

/** Ms between two looks, and between two tries of one upload: twice as long each time, up to the longest. */
const LOOK = 15_000;
const FIRST_PAUSE = 15_000;
const LONGEST_PAUSE = 30 * 60_000;

export interface UploadsGoingOn {
  /** What is under way goes on at the next start of the program. */
  close(): Promise<void>;
}

/** `active` false: nothing, because the program ends when its command is done. */
export function goOnUploads(context: TransferContext & { random: Random }, active: boolean): UploadsGoingOn {
  const { clock, workstation } = context;
  const stop = new AbortController();
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  function lookIn(ms: number): void {
    if (active && !stop.signal.aborted)
      cancel = clock.after(ms, () => {
        // What fails here is the database itself, which everybody who writes is told; the uploads stay in it.
        running = look().catch(() => undefined);
      });
  }

  async function look(): Promise<void> {
    try {
      for (const row of await activeTransfers(workstation)) {
        if (stop.signal.aborted) return;
        if (isDue(row)) await tryOnce(row);
      }
    } finally {
      lookIn(LOOK);
    }
  }

  function isDue({ purpose, paused, next }: TransferRow): boolean {
    // A save has nobody who waits for it any more; what was sent is used when it is saved again.
    return purpose === 'upload' && paused === 0 && (next === null || Date.parse(next) <= clock.now());
  }

  async function tryOnce(row: TransferRow): Promise<void> {
    try {
      await finishUpload(context, row, { signal: stop.signal });
    } catch (error) {
      if (stop.signal.aborted || (error instanceof BenchkeepError && error.code === 'locked')) return;
      const attempts = row.attempts + 1;
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(20, row.attempts));
      // Many that failed at the same time are not tried at the same time again.
      const wait = pause * (0.5 + (context.random(1)[0] ?? 0) / 512);
      const next = new Date(clock.now() + wait).toISOString();
      await updateTransfer(workstation, row.id, {
        attempts,
        next,
        error: JSON.stringify(toErrorData(error)),
        updated_at: timestamp(clock),
      });
    }
  }

  lookIn(0);
  return {
    async close() {
      stop.abort();
      cancel();
      await running;
    },
  };
}
