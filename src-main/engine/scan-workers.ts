/** The scan threads: started when needed, a few kept for the next job. */
import { Worker } from 'node:worker_threads';
import { systemClock, wait } from '../ports/clock.ts';
import { CANCELLED, WORKED_OFF } from './scan-messages.ts';
import { threadFile } from './threads/thread-file.ts';

/** Idle threads kept: a pass needs one to walk, and one to ask who writes. */
const MOST_IDLE = 2;
/** Ms to wait for threads at closing: one that hangs in the file system does not end before its drive answers. */
const PATIENCE = 1_000;

export interface ScanJob {
  worker: Worker;
  /** Asks the walk to end. */
  cancel(): void;
  /** The thread answered to the end: it can be used again. */
  finished(): void;
  /** The job is over, however it ended; resolves when its thread is free or ended: never, where its drive hangs. */
  end(): Promise<unknown>;
}

export interface ScanWorkers {
  isClosed(): boolean;
  take(control: Int32Array): ScanJob;
  close(): Promise<void>;
}

export function scanWorkers(): ScanWorkers {
  const idle: Worker[] = [];
  const busy = new Map<Worker, Int32Array>();
  let closed = false;

  function start(): Worker {
    const worker = new Worker(threadFile('scan-thread'), { name: 'benchkeep-scan' });
    worker.on('exit', () => {
      const place = idle.indexOf(worker);
      if (place >= 0) idle.splice(place, 1);
    });
    // One that dies between two jobs is not used again; in a job its job is told.
    worker.on('error', () => undefined);
    return worker;
  }

  return {
    isClosed: () => closed,
    take(control) {
      const worker = idle.pop() ?? start();
      worker.ref();
      busy.set(worker, control);
      let healthy = false;
      return {
        worker,
        cancel() {
          cancel(control);
        },
        finished() {
          healthy = true;
        },
        end() {
          cancel(control);
          busy.delete(worker);
          if (healthy && idle.length < MOST_IDLE && !closed) {
            worker.unref();
            idle.push(worker);
            return Promise.resolve();
          }
          return worker.terminate();
        },
      };
    },
    async close() {
      closed = true;
      for (const control of busy.values()) cancel(control);
      const ends = [...idle, ...busy.keys()].map((worker) => worker.terminate());
      const over = new AbortController();
      await Promise.race([Promise.all(ends), wait(systemClock, PATIENCE, over.signal)]);
      over.abort();
    },
  };
}

function cancel(control: Int32Array): void {
  Atomics.store(control, CANCELLED, 1);
  Atomics.notify(control, WORKED_OFF);
}
