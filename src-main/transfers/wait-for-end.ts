/** Waiting for the end of an upload: how it is told, also an end that came without anybody working on it. */
import { BenchkeepError, reviveError, type ErrorData } from '../../shared/errors.ts';
import { onAbort } from '../ports/on-abort.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { chosenTransfers } from '../workstation/transfer-rows.ts';
import { isOver } from './may-do.ts';
import type { Settled } from './settle-upload.ts';
import { stopped, type Waiter, type WaitingFor } from './waiting-for.ts';

export type UploadWaiters = WaitingFor<Settled>;

export interface WaitTools {
  signal: AbortSignal;
  onSent?: (bytes: number) => void;
}

/**
 * Resolves with its end. Errors: why it can't go on; `cancelled` when `signal` aborts, as soon as `leave` has resolved:
 * what nobody waits for any more may have to be stopped first.
 */
export function waitForEnd(
  waiters: UploadWaiters,
  { id, storage_uid: storageUid }: Pick<TransferRow, 'id' | 'storage_uid'>,
  { signal, onSent = () => undefined, leave }: WaitTools & { leave: () => Promise<void> },
): Promise<Settled> {
  return new Promise((resolve, reject) => {
    const over = onAbort(signal, () => {
      waiters.remove(id, waiter);
      const left = (): void => {
        reject(stopped());
      };
      // Whatever went wrong with stopping it: nobody waits for it any more.
      void leave().then(left, left);
    });
    const waiter: Waiter<Settled> = {
      storageUid,
      onSent,
      resolve(settled) {
        over();
        resolve(settled);
      },
      reject(error) {
        over();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    };
    waiters.add(id, waiter);
  });
}

/** Those that are over by now, or that somebody paused: whoever waits for them is told. */
export async function tellOver(
  { workstation, waiters }: { workstation: Workstation; waiters: UploadWaiters },
  ids: readonly number[],
): Promise<void> {
  const waitedFor = ids.filter((id) => waiters.has(id));
  const rows = new Map((await chosenTransfers(workstation, waitedFor)).map((row) => [row.id, row]));
  for (const id of waitedFor) {
    const row = rows.get(id) ?? null;
    if (row?.state === 'done') waiters.resolve(id, { row, cached: null });
    else if (row === null || isOver(row)) waiters.reject(id, endOf(row));
    else if (row.paused === 1) waiters.reject(id, pausedNow(row));
  }
}

function endOf(row: TransferRow | null): BenchkeepError {
  if (typeof row?.error === 'string') return reviveError(JSON.parse(row.error) as ErrorData);
  return new BenchkeepError('cancelled', 'The upload was cancelled', 'Nothing was changed here. Upload it again.');
}

/** It may be days until somebody lets it go on. */
function pausedNow({ id }: TransferRow): BenchkeepError {
  return new BenchkeepError(
    'cancelled',
    'The upload was paused',
    `What is done so far is kept; let it go on: benchkeep transfers resume ${String(id)}.`,
    { retry: true },
  );
}
