/** What the queue of uploads gets, and what it does for others. */
import type { Clock } from '../ports/clock.ts';
import type { Network } from '../ports/network.ts';
import type { Random } from '../ports/random.ts';
import type { Stores } from '../storage/index.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { RunTools } from './running-transfer.ts';
import type { Settled } from './settle-upload.ts';
import type { WaitTools } from './wait-for-end.ts';

export interface QueueContext {
  workstation: Workstation;
  clock: Clock;
  random: Random;
  network: Network;
  bandwidth: Bandwidth;
  /** Brings one to its end. What fails for good it ends itself (state `cancelled`); every other error is tried again. */
  run: (row: TransferRow, tools: RunTools) => Promise<Settled>;
  /** Something of what is listed is another. */
  onChange: () => void;
}

export interface TransferQueue {
  /** From now on everything that is queued is worked on; before, only what somebody waits for. */
  start(): void;
  /** Something was added, resumed, or put into another order. */
  wake(): void;
  /** Also stores that failed a moment ago are tried. */
  tryAgain(): void;
  settingsChanged(): Promise<void>;
  /** Whoever works on these is stopped, and nobody begins before `work` is done. */
  hold<T>(ids: readonly number[], work: () => Promise<T>): Promise<T>;
  /**
   * Works on it now, whatever the hours are, and resolves when it is done. Errors: why it ended for good, or can't go on
   * without a person; `cancelled` when `signal` aborts, or somebody paused it.
   */
  finish(row: Pick<TransferRow, 'id' | 'storage_uid'>, tools: WaitTools): Promise<Settled>;
  /** How far it is at this moment; null while nobody works on it. */
  progressOf(id: number): { sent: number; rate: number | null } | null;
  /** Stores in which what is sent counts against the limit of all uploads. */
  paced(stores: Stores): Stores;
  /** What is under way goes on at the next start of the program. */
  close(): Promise<void>;
}
