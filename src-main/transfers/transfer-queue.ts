/**
 * The one place that works on uploads: those that are not over, in their order, so many at once; again later what
 * failed. What is queued stays so over a restart. See `failed-try` for how long it waits, `upload-hours` for when.
 */
import { timestamp } from '../ports/clock.ts';
import { gathering } from '../ports/gather.ts';
import { networkChanges } from '../ports/network.ts';
import {
  chosenTransfers,
  makeAllDue,
  makeOfflineDue,
  nextDue,
  type ReadyTransfer,
} from '../workstation/transfer-rows.ts';
import { readUploadSettings, type UploadSettings } from '../workstation/upload-settings.ts';
import { failingStores } from './failing-stores.ts';
import { pacedStores } from './gated-stores.ts';
import { heldUploads } from './held-uploads.ts';
import { keepFailure } from './keep-failure.ts';
import { LONGEST_LOOK, queueAlarm } from './queue-alarm.ts';
import { isReady, readyUploads } from './ready-uploads.ts';
import type { QueueContext, TransferQueue } from './queue-interface.ts';
import type { RunningTransfer } from './running-transfer.ts';
import { runningUploads } from './running-uploads.ts';
import type { Settled } from './settle-upload.ts';
import { isUploadTime } from './upload-hours.ts';
import { hasRoom } from './upload-places.ts';
import { tellOver, waitForEnd } from './wait-for-end.ts';
import { stopped, waitingFor } from './waiting-for.ts';

/** Ends that are looked for together. */
const MOST_TOLD = 500;

export function transferQueue(context: QueueContext): TransferQueue {
  const { workstation, clock, bandwidth, run, onChange } = context;
  const running = runningUploads({
    ...context,
    work,
    onSent: (id, bytes) => {
      waiters.sent(id, bytes);
    },
    onEnd: look,
  });
  const held = heldUploads();
  const waiters = waitingFor<Settled>();
  const failing = failingStores();
  const ready = readyUploads({ workstation, clock });
  const isOtherNetwork = networkChanges(context.network);
  // Who uploads many waits for each of them.
  const tellAll = gathering<number, null>(MOST_TOLD, async (ids) => {
    await tellOver({ workstation, waiters }, ids);
    return ids.map(() => null);
  });
  const alarm = queueAlarm(clock, (slept) => {
    wakeAfter(refresh(slept));
  });
  let settings: UploadSettings | null = null;
  let isStarted = false;
  let isClosed = false;
  let looking: Promise<void> | null = null;
  let waking: Promise<void> = Promise.resolve();
  let lookAgain = false;

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
      alarm.ringIn(LONGEST_LOOK);
    }
  }

  function wake(): void {
    ready.forget();
    look();
  }

  function wakeAfter(work: Promise<unknown>): void {
    const before = waking;
    // All of them are waited for when the program ends.
    waking = work
      .catch(() => undefined)
      .then(wake)
      .then(() => before);
  }

  async function fill(): Promise<void> {
    const now = (settings ??= await readSettings());
    const isTime = isStarted && (now.hours === null || isUploadTime(now.hours, clock.now()));
    if (!isTime) running.stopAfterPart((id) => waiters.has(id));
    while (!isClosed && (await beginNext(isTime, now.atOnce))) continue;
  }

  async function readSettings(): Promise<UploadSettings> {
    const read = await readUploadSettings(workstation);
    bandwidth.setLimit(read.bandwidth);
    return read;
  }

  /** All that there is room for; false where there is none. */
  async function beginNext(isTime: boolean, atOnce: number): Promise<boolean> {
    const wanted = {
      only: isTime ? null : () => waiters.ids(),
      except: failing.at(clock.now()),
      passed: running.sizes().length + held.count(),
      mayBegin: ({ id, storage_uid: storage }: ReadyTransfer) =>
        (isTime || waiters.has(id)) && isFree(id) && !failing.isLeftAt(storage, clock.now()),
    };
    const next = await ready.takeWhile(wanted, (sizes, size) => hasRoom([...running.sizes(), ...sizes], size, atOnce));
    const ids = next.map(({ id }) => id);
    for (const row of await chosenTransfers(workstation, ids))
      if (!isClosed && isFree(row.id) && isReady(row, clock.now())) running.begin(row);
    return next.length > 0;
  }

  function isFree(id: number): boolean {
    return !running.has(id) && !held.has(id);
  }

  async function work(one: RunningTransfer): Promise<void> {
    const { id, storage_uid: storage } = one.row;
    try {
      const settled = await run(one.row, one.tools);
      failing.answered(storage);
      waiters.resolve(id, settled);
    } catch (error) {
      await takeFailure(one, error).catch(() => {
        waiters.reject(id, error);
      });
    }
  }

  async function takeFailure(one: RunningTransfer, failure: unknown): Promise<void> {
    const { id, storage_uid: storage } = one.row;
    const tried = await keepFailure(context, one, failure);
    if (tried.kind === 'over') waiters.reject(id, tried.error);
    if (tried.kind !== 'again') return;
    ready.forget();
    if (tried.isOfStore) failing.failed(storage, tried);
    if (tried.isTold) waiters.reject(id, failure);
    if (tried.isTold && tried.isOfStore) waiters.rejectStorage(storage, failure);
    if (tried.isUnheard) await refresh(false);
  }

  /** What was tried before the computer slept, or on another network, need not fail again. */
  async function refresh(slept: boolean): Promise<void> {
    if (!isOtherNetwork() && !slept) return;
    if (slept) failing.forget();
    else failing.forgetUnheard();
    await makeOfflineDue(workstation);
    if (slept) await makeAllDue(workstation);
    ready.forget();
  }

  async function setAlarm(): Promise<void> {
    if (isClosed || !(isStarted || waiters.any())) return;
    const isRoom = hasRoom(running.sizes(), 0, settings?.atOnce ?? 1);
    const due = isRoom ? await nextDue(workstation, timestamp(clock)) : null;
    alarm.ringIn(due === null ? LONGEST_LOOK : Math.min(LONGEST_LOOK, Math.max(0, Date.parse(due) - clock.now())));
  }

  /** What is worked on for nobody else any more is stopped. */
  async function leave(id: number): Promise<void> {
    const isLast = !isStarted && !waiters.has(id);
    const stopping = isLast ? running.stop([id]) : null;
    look();
    await stopping;
  }

  return {
    start() {
      isStarted = true;
      // The computer may have been carried to another network since the program ended.
      wakeAfter(makeOfflineDue(workstation));
    },
    wake,
    tryAgain() {
      failing.forget();
      wake();
    },
    async settingsChanged() {
      settings = await readSettings();
      look();
    },
    async hold(ids, work) {
      held.hold(ids);
      try {
        await running.stop(ids);
        return await work();
      } finally {
        held.letGo(ids);
        await tellOver({ workstation, waiters }, ids);
        onChange();
        wake();
      }
    },
    async finish(row, tools) {
      if (tools.signal.aborted || isClosed) throw stopped();
      const ended = waitForEnd(waiters, row, { ...tools, leave: () => leave(row.id) });
      const told = tellAll(row.id).catch((error: unknown) => {
        waiters.reject(row.id, error);
      });
      wakeAfter(told);
      return ended;
    },
    progressOf: (id) => running.progressOf(id),
    paced: (stores) => pacedStores(stores, bandwidth),
    async close() {
      isClosed = true;
      alarm.silence();
      const ending = running.stop(null);
      await waking;
      await looking;
      await ending;
      waiters.end();
    },
  };
}
