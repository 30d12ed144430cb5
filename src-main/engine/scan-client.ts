/** Runs scans in threads: one thread a scan at work, so that a share that hangs holds up only itself. */
import { Worker } from 'node:worker_threads';
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { Scanner } from '../watching/index.ts';
import { CANCELLED, WORKED_OFF, type FromScan, type ToScan } from './scan-messages.ts';
import { threadFile } from './threads/thread-file.ts';

/** Idle threads kept for the next scan. */
const MOST_IDLE = 1;

export function scanThreads(workstation: RawPath): Scanner {
  const idle: Worker[] = [];
  const busy = new Set<Worker>();
  let closed = false;

  async function work<R>(
    message: ToScan,
    handle: (answer: FromScan, done: (result: R) => void) => Promise<void> | void,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    if (closed || signal?.aborted === true) throw stopped();
    const worker = idle.pop() ?? new Worker(threadFile('scan-thread'), { name: 'benchkeep-scan' });
    worker.ref();
    busy.add(worker);
    const cancel = (): void => {
      Atomics.store(message.control, CANCELLED, 1);
      Atomics.notify(message.control, WORKED_OFF);
    };
    let healthy = false;
    try {
      return await new Promise<R>((resolve, reject) => {
        const fail = (error: unknown): void => {
          cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        };
        worker.on('error', fail);
        worker.on('exit', () => {
          fail(stopped());
        });
        let queue = Promise.resolve();
        worker.on('message', (answer: FromScan) => {
          queue = queue.then(async () => {
            if (answer.type === 'failed') {
              healthy = true;
              fail(reviveError(answer.error));
            } else {
              await handle(answer, (result) => {
                healthy = true;
                if (signal?.aborted === true) fail(stopped());
                else resolve(result);
              });
            }
          });
          queue.catch(fail);
        });
        signal?.addEventListener('abort', () => {
          // A walk that hangs in the file system never answers: it is left to end by itself.
          fail(stopped());
        }, { once: true });
        worker.postMessage(message);
      });
    } finally {
      cancel();
      busy.delete(worker);
      worker.removeAllListeners();
      worker.on('error', () => undefined);
      if (healthy && idle.length < MOST_IDLE && !closed) {
        worker.unref();
        idle.push(worker);
      } else void worker.terminate();
    }
  }

  return {
    scan(request, onBatch, signal) {
      const control = newControl();
      return work(
        { type: 'scan', request, workstation, control },
        async (answer, done) => {
          if (answer.type === 'scanned') done(answer.totals);
          if (answer.type !== 'batch') return;
          await onBatch(answer.batch);
          Atomics.add(control, WORKED_OFF, 1);
          Atomics.notify(control, WORKED_OFF);
        },
        signal,
      );
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
    async close() {
      closed = true;
      await Promise.all([...idle, ...busy].map((worker) => worker.terminate()));
    },
  };
}

function newControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'The scan was stopped', 'It goes on by itself at the next look.', { retry: true });
}
