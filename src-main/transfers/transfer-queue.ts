/**
 * The one place that works on uploads: those that are not over, in their order, so many at once; again later what
 * failed. What is queued stays so over a restart. See `failed-try` for how long it waits, `upload-hours` for when.
 */
import { BenchkeepError, reviveError, toErrorData, type ErrorData } from '../../shared/errors.ts';
import { timestamp, type Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { findTransfer, makeAllDue, nextDue, updateTransfer } from '../workstation/transfer-rows.ts';
import { readUploadSettings, type UploadSettings } from '../workstation/upload-settings.ts';
import type { Stores } from '../storage/index.ts';
import type { Bandwidth } from './bandwidth.ts';
import { gatedStores } from './gated-stores.ts';
import { isOfStore, isToldAtOnce, pauseAfter } from './failed-try.ts';
import { readyUploads } from './ready-uploads.ts';
import { runningTransfer, type RunningTransfer, type RunTools } from './running-transfer.ts';
import type { Settled } from './settle-upload.ts';
import { isUploadTime } from './upload-hours.ts';
import { stopped, waitingFor, type Waiter } from './waiting-for.ts';

/** Ms between two looks at the time of the day, and at clocks that jumped. */
const LOOK = 30_000;
/** Ms that the wall clock may get away from the steady one between two looks. More: the computer slept. */
const JUMP = 20_000;
/** Bytes, and the part of a place that so small an upload takes. */
const SMALL = 1024 ** 2;
const SMALL_PLACE = 1 / 8;
/** Ms between two writings of how far one is, and between two tellings. */
const KEEP_EVERY = 1_000;
const TELL_EVERY = 500;

export interface QueueContext {
  workstation: Workstation;
  clock: Clock;
  random: Random;
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
   * without a person; `cancelled` when `signal` aborts.
   */
  finish(
    row: Pick<TransferRow, 'id' | 'storage_uid'>,
    tools: { signal: AbortSignal; onSent?: (bytes: number) => void },
  ): Promise<Settled>;
  /** How far it is at this moment; null while nobody works on it. */
  progressOf(id: number): { sent: number; rate: number | null } | null;
  /** Stores in which what is sent counts against the limit of all uploads. */
  paced(stores: Stores): Stores;
  /** What is under way goes on at the next start of the program. */
  close(): Promise<void>;
}

export function transferQueue(context: QueueContext): TransferQueue {
  const { workstation, clock, random, bandwidth, run, onChange } = context;
  const running = new Map<number, RunningTransfer>();
  const held = new Map<number, number>();
  const waiters = waitingFor<Settled>();
  /** Until when (wall clock, ms) a store is left in peace. */
  const failing = new Map<string, number>();
  let settings: UploadSettings | null = null;
  const ready = readyUploads({ workstation, clock });
  let isStarted = false;
  let isClosed = false;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let cancel = (): void => undefined;
  let lastLook = { wall: clock.now(), steady: clock.monotonic() };
  let toldAt = -Infinity;

  function look(): void {
    if (isClosed) return;
    lookAgain = true;
    looking ??= lookWhileAsked().finally(() => {
      looking = null;
    });
  }

  async function lookWhileAsked(): Promise<void> {
    try {
      while (lookAgain && !isClosed) {
        lookAgain = false;
        await fill();
        // Who asks for a look while the alarm is set gets one, too.
        if (!lookAgain) await setAlarm();
      }
    } catch {
      // What fails here is the database itself, which everybody who writes is told; the uploads stay in it.
      alarmIn(LOOK);
    }
  }

  function wake(): void {
    ready.forget();
    look();
  }

  async function fill(): Promise<void> {
    const now = (settings ??= await readSettings());
    const isTime = isStarted && (now.hours === null || isUploadTime(now.hours, clock.now()));
    for (const one of running.values()) if (!isTime && !waiters.has(one.row.id)) one.stopAfterPart();
    while (!isClosed && (await beginNext(isTime, now.atOnce))) continue;
  }

  async function readSettings(): Promise<UploadSettings> {
    const read = await readUploadSettings(workstation);
    bandwidth.setLimit(read.bandwidth);
    return read;
  }

  /** False where there is none, or no room for it. */
  async function beginNext(isTime: boolean, atOnce: number): Promise<boolean> {
    const now = clock.now();
    const isFailing = (storage: string): boolean => (failing.get(storage) ?? 0) > clock.now();
    const next = await ready.first({
      only: isTime ? null : () => waiters.ids(),
      except: [...failing].filter(([, until]) => until > now).map(([storage]) => storage),
      passed: running.size + held.size,
      mayBegin: ({ id, storage_uid: storage }) =>
        (isTime || waiters.has(id)) && !running.has(id) && !held.has(id) && !isFailing(storage),
    });
    if (next === null || !hasRoom(next.size, atOnce)) return false;
    ready.take(next);
    const row = await findTransfer(workstation, next.id);
    const mayStill = !isClosed && !running.has(next.id) && !held.has(next.id);
    if (row !== null && mayStill && isDue(row, clock.now())) begin(row);
    return true;
  }

  /** Small ones wait for answers more than they send: several of them take the place of one. */
  function hasRoom(size: number, atOnce: number): boolean {
    const taken = [...running.values()].reduce((sum, { row }) => sum + placeOf(row.size), 0);
    return taken === 0 || taken + placeOf(size) <= atOnce;
  }

  function begin(row: TransferRow): void {
    let keptAt = clock.monotonic();
    let keeping: Promise<unknown> = Promise.resolve();
    const one = runningTransfer({ clock, bandwidth }, row, (sent) => {
      waiters.sent(row.id, sent);
      const now = clock.monotonic();
      if (now - toldAt >= TELL_EVERY) {
        toldAt = now;
        onChange();
      }
      if (now - keptAt < KEEP_EVERY) return;
      keptAt = now;
      keeping = updateTransfer(workstation, row.id, { sent }).catch(() => undefined);
    });
    running.set(row.id, one);
    one.ended = work(one).finally(async () => {
      await keeping;
      running.delete(row.id);
      onChange();
      look();
    });
    onChange();
  }

  async function work(one: RunningTransfer): Promise<void> {
    const { id, storage_uid: storage } = one.row;
    try {
      const settled = await run(one.row, one.tools);
      failing.delete(storage);
      waiters.resolve(id, settled);
    } catch (error) {
      await takeFailure(one, error).catch(() => {
        waiters.reject(id, error);
      });
    }
  }

  async function takeFailure(one: RunningTransfer, failure: unknown): Promise<void> {
    const { id, storage_uid: storage } = one.row;
    const row = await findTransfer(workstation, id);
    if (row === null || isOver(row)) {
      waiters.reject(id, typeof row?.error !== 'string' ? failure : reviveError(JSON.parse(row.error) as ErrorData));
      return;
    }
    // It is told every few seconds only: who pauses sees how far it came.
    const sent = one.sent();
    if (one.isStopped()) {
      await updateTransfer(workstation, id, { sent });
      return;
    }
    const error = toErrorData(failure);
    const attempts = row.attempts + 1;
    const until = clock.now() + pauseAfter(attempts, (random(1)[0] ?? 0) / 255, error);
    await updateTransfer(workstation, id, {
      attempts,
      sent,
      next: new Date(until).toISOString(),
      error: JSON.stringify(error),
      updated_at: timestamp(clock),
    });
    ready.forget();
    if (isOfStore(error)) failing.set(storage, until);
    if (!isToldAtOnce(error, attempts)) return;
    waiters.reject(id, failure);
    if (isOfStore(error)) waiters.rejectStorage(storage, failure);
  }

  async function setAlarm(): Promise<void> {
    if (isClosed || !(isStarted || waiters.any())) return;
    const due = hasRoom(0, settings?.atOnce ?? 1) ? await nextDue(workstation, timestamp(clock)) : null;
    alarmIn(due === null ? LOOK : Math.min(LOOK, Math.max(0, Date.parse(due) - clock.now())));
  }

  function alarmIn(ms: number): void {
    cancel();
    if (isClosed) return;
    cancel = clock.after(ms, () => {
      const wall = clock.now();
      const steady = clock.monotonic();
      const slept = Math.abs(wall - lastLook.wall - (steady - lastLook.steady)) > JUMP;
      lastLook = { wall, steady };
      if (slept) failing.clear();
      void (slept ? makeAllDue(workstation) : Promise.resolve()).catch(() => undefined).then(wake);
    });
  }

  /** Those that are over by now: whoever waits for them is told. */
  async function tellOver(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      if (!waiters.has(id)) continue;
      const row = await findTransfer(workstation, id);
      if (row?.state === 'done') waiters.resolve(id, { row, cached: null });
      else if (row === null || isOver(row)) waiters.reject(id, endOf(row));
    }
  }

  return {
    start() {
      isStarted = true;
      wake();
    },
    wake,
    tryAgain() {
      failing.clear();
      wake();
    },
    async settingsChanged() {
      settings = await readSettings();
      look();
    },
    async hold(ids, work) {
      for (const id of ids) held.set(id, (held.get(id) ?? 0) + 1);
      try {
        const stopping = ids.flatMap((id) => running.get(id) ?? []);
        for (const one of stopping) one.stop();
        await Promise.all(stopping.map(({ ended }) => ended));
        return await work();
      } finally {
        for (const id of ids) {
          const left = (held.get(id) ?? 1) - 1;
          if (left === 0) held.delete(id);
          else held.set(id, left);
        }
        await tellOver(ids);
        onChange();
        wake();
      }
    },
    finish({ id, storage_uid: storageUid }, { signal, onSent = () => undefined }) {
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiters.remove(id, waiter);
          const one = running.get(id);
          const isLast = !isStarted && !waiters.has(id);
          if (isLast) one?.stop();
          look();
          const left = (): void => {
            reject(stopped());
          };
          if (!isLast || one === undefined) left();
          else void one.ended.then(left);
        };
        const over = (): void => {
          signal.removeEventListener('abort', leave);
        };
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
        if (signal.aborted || isClosed) {
          reject(stopped());
          return;
        }
        signal.addEventListener('abort', leave, { once: true });
        waiters.add(id, waiter);
        void tellOver([id]).catch(waiter.reject).then(wake);
      });
    },
    progressOf(id) {
      const one = running.get(id);
      return one === undefined ? null : { sent: one.sent(), rate: one.rate() };
    },
    paced: (stores) =>
      gatedStores(stores, async (bytes, signal) => {
        await bandwidth.take(bytes, signal);
        return () => undefined;
      }),
    async close() {
      isClosed = true;
      cancel();
      const ending = [...running.values()];
      for (const one of ending) one.stop();
      await looking;
      await Promise.all(ending.map(({ ended }) => ended));
      waiters.end();
    },
  };
}

/** Of the places of those at once. */
function placeOf(size: number): number {
  return size <= SMALL ? SMALL_PLACE : 1;
}

function isOver({ state }: TransferRow): boolean {
  return state === 'done' || state === 'cancelled';
}

function isDue({ purpose, paused, next, ...row }: TransferRow, now: number): boolean {
  // A save has nobody who waits for it any more; what was sent is used when it is saved again.
  return (
    purpose === 'upload' && !isOver(row as TransferRow) && paused === 0 && (next === null || Date.parse(next) <= now)
  );
}

function endOf(row: TransferRow | null): BenchkeepError {
  if (typeof row?.error === 'string') return reviveError(JSON.parse(row.error) as ErrorData);
  return new BenchkeepError('cancelled', 'The upload was cancelled', 'Nothing was changed here. Upload it again.');
}
