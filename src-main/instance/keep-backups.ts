/** Makes a backup a day while nobody writes, and says so where that fails (`faults.md`, R9, F-DB20). */
import type { BackupRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ProvenBackup } from './list-backups.ts';
import type { RegistryWork } from './registry-work.ts';
import { warningSlot } from './warning-slot.ts';

export interface KeepBackupsContext {
  clock: Clock;
  /** The instance's folder. */
  folder: RawPath;
  instanceUid: string;
  /** Of the open instance. */
  warnings: string[];
  /** After `warnings` changed. */
  onWarning: () => void;
}

export interface BackupKeeper {
  /** Something was written: not idle. */
  committed(): void;
  /** Waits for what is being made. */
  close(): Promise<void>;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WEEK = 7 * DAY;
/** Ms between two looks. */
const LOOK_EVERY = 10 * MINUTE;
const FIRST_LOOK = MINUTE;
/** Ms without a write that count as idle. */
const IDLE = MINUTE;
/** Ms after which it is made although somebody writes. */
const NO_LONGER = 6 * 60 * MINUTE;

export function keepBackups(context: KeepBackupsContext, work: RegistryWork): BackupKeeper {
  const { clock, folder, instanceUid: uid, warnings, onWarning } = context;
  const warn = warningSlot(warnings);
  let lastWrite = -Infinity;
  let dueSince: number | null = null;
  let running: Promise<void> = Promise.resolve();
  let closed = false;
  let cancel = clock.after(FIRST_LOOK, look);

  function look(): void {
    running = makeDue().then(() => {
      if (!closed) cancel = clock.after(LOOK_EVERY, look);
    });
  }

  async function makeDue(): Promise<void> {
    try {
      const now = clock.now();
      const kind = dueBackup(await work.listBackups({ folder, uid, now }), now);
      if (kind === null) dueSince = null;
      else dueSince ??= clock.monotonic();
      const isIdle = clock.monotonic() - lastWrite >= IDLE;
      const isLate = dueSince !== null && clock.monotonic() - dueSince >= NO_LONGER;
      if (kind !== null && (isIdle || isLate) && !isClosed()) {
        await work.makeBackup({ folder, uid, kind, now });
        dueSince = null;
      }
      if (warn(null)) onWarning();
    } catch (error) {
      if (isClosed()) return;
      if (warn(failure(error))) onWarning();
    }
  }
  const isClosed = (): boolean => closed;

  return {
    committed() {
      lastWrite = clock.monotonic();
    },
    async close() {
      closed = true;
      cancel();
      await running;
    },
  };
}

/**
 * What is to be made now; null where the newest good one is younger than a day. A clock that was set back or ahead costs
 * one backup. One that the registry's log does not go on from any more is of another history and does not count.
 */
export function dueBackup(
  backups: readonly Pick<ProvenBackup, 'record' | 'isBefore'>[],
  now: number,
): 'daily' | 'weekly' | null {
  const good = backups.filter(({ record, isBefore }) => record.good && isBefore).map(({ record }) => record);
  const within = (records: readonly BackupRecord[], ms: number): boolean =>
    records.some(({ created_at: at }) => Math.abs(now - Date.parse(at)) < ms);
  if (within(good, DAY)) return null;
  return within(
    good.filter(({ kind }) => kind === 'weekly'),
    WEEK,
  )
    ? 'daily'
    : 'weekly';
}

function failure(error: unknown): string {
  const why =
    error instanceof BenchkeepError
      ? `${error.message}. ${error.remedy}`
      : error instanceof Error
        ? error.message
        : String(error);
  return `The daily backup of the registry failed: ${why}`;
}
