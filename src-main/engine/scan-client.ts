/** Runs scans in threads: one thread a job, so that a share that hangs holds up only itself. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { Scanner } from '../watching/index.ts';
import { systemClock, type Clock } from '../ports/clock.ts';
import { BEAT, WORKED_OFF, type FromScan, type ToScan } from './scan-messages.ts';
import { scanWorkers } from './scan-workers.ts';

/** Ms after which we go on without knowing who writes: a file on a share that hangs is never told about. */
const WRITERS_PATIENCE = 5_000;

/** Ms in which not one entry was looked at: the drive hangs. Listing a folder of a million files on a share takes its time. */
const STALLED = 60_000;
const LOOK_FOR_STALL = 5_000;

export function scanThreads(workstation: RawPath, clock: Clock = systemClock): Scanner {
  /** Storages of which a thread hangs: no second one is given to them. */
  const hanging = new Set<string>();
  const workers = scanWorkers();
  /** The last scan of each storage: the next one waits for it. */
  const turns = new Map<string, Promise<unknown>>();

  async function work<R>(
    message: ToScan,
    handle: (answer: FromScan, done: (result: R) => void) => Promise<void> | void,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    const storageUid = message.type === 'scan' ? message.request.storageUid : null;
    if (storageUid !== null && hanging.has(storageUid)) throw notAnswering();
    if (workers.isClosed() || signal?.aborted === true) throw stopped();
    const job = workers.take(message.control);
    const { worker } = job;
    let handling: Promise<void> = Promise.resolve();
    let atWork = 0;
    let settled = false;
    let stalled = false;
    let listeners = (): void => undefined;
    try {
      return await new Promise<R>((resolve, reject) => {
        const fail = (error: unknown): void => {
          settled = true;
          job.cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        };
        const done = (result: R): void => {
          settled = true;
          job.finished();
          resolve(result);
        };
        const onStall = (): void => {
          stalled = true;
          fail(notAnswering());
        };
        const watchdog = storageUid === null ? null : watchBeat(clock, message.control, () => atWork > 0, onStall);
        const onMessage = (answer: FromScan): void => {
          atWork += 1;
          handling = handling.then(async () => {
            if (settled) return;
            if (answer.type === 'failed') {
              job.finished();
              fail(reviveError(answer.error));
            } else await handle(answer, done);
            atWork -= 1;
          });
          handling.catch(fail);
        };
        const onExit = (): void => {
          fail(stopped());
        };
        // A walk that hangs in the file system never answers: it is left to end by itself.
        worker.on('message', onMessage).on('error', fail).on('exit', onExit);
        signal?.addEventListener('abort', onExit, { once: true });
        listeners = () => {
          watchdog?.();
          worker.off('message', onMessage).off('error', fail).off('exit', onExit);
          signal?.removeEventListener('abort', onExit);
        };
        worker.postMessage(message);
      });
    } finally {
      listeners();
      const ended = job.end();
      if (stalled && storageUid !== null) {
        hanging.add(storageUid);
        void ended.finally(() => hanging.delete(storageUid));
      }
      // Whoever closes what the batch is written to waits for this.
      await handling.catch(() => undefined);
    }
  }

  async function inTurn<R>(storageUid: string, signal: AbortSignal | undefined, run: () => Promise<R>): Promise<R> {
    const before = turns.get(storageUid) ?? Promise.resolve();
    const mine = orAborted(before, signal).then(run);
    const end = Promise.allSettled([before, mine]);
    turns.set(storageUid, end);
    try {
      return await mine;
    } finally {
      void end.then(() => {
        if (turns.get(storageUid) === end) turns.delete(storageUid);
      });
    }
  }

  return {
    scan(request, onBatch, signal) {
      const control = newControl();
      const handle = async (
        answer: FromScan,
        done: (totals: Extract<FromScan, { type: 'scanned' }>['totals']) => void,
      ): Promise<void> => {
        if (answer.type === 'scanned') done(answer.totals);
        if (answer.type !== 'batch') return;
        await onBatch(answer.batch);
        Atomics.add(control, WORKED_OFF, 1);
        Atomics.notify(control, WORKED_OFF);
      };
      return inTurn(request.storageUid, signal, () =>
        work({ type: 'scan', request, workstation, control }, handle, signal),
      );
    },
    async openForWriting(files) {
      const patience = AbortSignal.timeout(WRITERS_PATIENCE);
      try {
        const found = await work<string[]>(
          { type: 'writers', files, control: newControl() },
          (answer, done) => {
            if (answer.type === 'writing') done(answer.files);
          },
          patience,
        );
        return new Set(found);
      } catch (error) {
        if (patience.aborted) return new Set();
        throw error;
      }
    },
    survey(root, onCounts, signal) {
      return work(
        { type: 'survey', root, control: newControl() },
        (answer, done) => {
          if (answer.type === 'counts') onCounts(answer.counts);
          if (answer.type === 'surveyed') done(answer.counts);
        },
        signal,
      );
    },
    close: () => workers.close(),
  };
}

/** Rejects with `cancelled` as soon as `signal` aborts. */
function orAborted(before: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return before.then(() => undefined);
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(stopped());
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void before.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}

function newControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12));
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'The scan was stopped', 'It goes on by itself at the next look.', {
    retry: true,
  });
}

/** Calls `onStall` once when the walk stood still for too long though nobody kept it waiting. Returns what ends the watch. */
function watchBeat(clock: Clock, control: Int32Array, isKept: () => boolean, onStall: () => void): () => void {
  let last = -1;
  let since = clock.monotonic();
  let cancel = clock.after(LOOK_FOR_STALL, look);
  function look(): void {
    const beat = Atomics.load(control, BEAT);
    if (beat !== last || isKept()) {
      last = beat;
      since = clock.monotonic();
    } else if (clock.monotonic() - since >= STALLED) {
      onStall();
      return;
    }
    cancel = clock.after(LOOK_FOR_STALL, look);
  }
  return () => {
    cancel();
  };
}

function notAnswering(): BenchkeepError {
  return new BenchkeepError(
    'offline',
    'The drive does not answer. Nothing has been deleted.',
    'Check its cable or the network; we look again by ourselves.',
    { retry: true },
  );
}
