/** Keeps the hint thread at work: one for all roots, begun anew when it dies. */
import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '../ports/clock.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { HintSource, WatchProblem } from '../watching/index.ts';
import type { FromHints, HintThreadData, ToHints } from './hint-messages.ts';
import { SMALL_THREAD, threadFile } from './threads/thread-file.ts';

/** Ms before a thread that died is begun anew: doubled each time, back to the first after a thread that lived long. */
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 60_000;
const LIVED_LONG = 60_000;
const PROBE_EVERY = 60_000;

const INTERRUPTED = 'Watching was interrupted and goes on; the folder is looked through once more.';

interface Watch {
  root: RawPath;
  onHint: (paths: RawPath[]) => void;
  onProblem: (problem: WatchProblem) => void;
  /** Its thread died: a whole look is due when the next one watches. */
  interrupted: boolean;
}

/** `probeEvery`: ms between looks at limits and at the roots themselves. The thread begins with the first `watch`. */
export function hintThread(
  options: { clock?: Pick<Clock, 'after' | 'monotonic'>; probeEvery?: number } = {},
): HintSource {
  const { clock = systemClock, probeEvery = PROBE_EVERY } = options;
  const watches = new Map<number, Watch>();
  let worker: Worker | null = null;
  let cancelRetry: (() => void) | null = null;
  let retry = FIRST_RETRY;
  let calls = 0;
  let closed: Promise<void> | null = null;

  function send(to: Worker | null, message: ToHints): void {
    to?.postMessage(message);
  }

  function start(): void {
    const data: HintThreadData = { probeEvery };
    const began = clock.monotonic();
    const thread = new Worker(threadFile('hint-thread'), {
      name: 'benchkeep-hints',
      workerData: data,
      resourceLimits: SMALL_THREAD,
    });
    worker = thread;
    let why = '';
    thread.on('message', (message: FromHints) => {
      receive(thread, message);
    });
    thread.on('error', (error) => {
      why = ` (${error instanceof Error ? error.message : String(error)})`;
    });
    thread.on('exit', () => {
      worker = null;
      if (closed === null) restart(why, clock.monotonic() - began);
    });
    // It works for whoever runs and keeps nobody running. After the listeners: to listen takes this back.
    thread.unref();
    for (const [id, { root }] of watches) send(thread, { type: 'watch', id, root });
  }

  function restart(why: string, lived: number): void {
    if (lived >= LIVED_LONG) retry = FIRST_RETRY;
    cancelRetry = clock.after(retry, () => {
      cancelRetry = null;
      start();
    });
    retry = Math.min(LONGEST_RETRY, retry * 2);
    const reason = `Watching stopped${why}; it starts again by itself, and until then files are found by looking every minute.`;
    for (const watch of [...watches.values()]) {
      watch.interrupted = true;
      watch.onProblem({ kind: 'stopped', reason });
    }
  }

  function receive(from: Worker, message: FromHints): void {
    const watch = watches.get(message.id);
    if (watch === undefined) return;
    if (message.type === 'hints') {
      watch.onHint(message.paths);
      send(from, { type: 'taken', id: message.id });
    } else if (message.type === 'problem') {
      // It tells more than that watching was interrupted, and makes the root be looked at as well.
      watch.interrupted = false;
      watch.onProblem(message.problem);
    } else if (watch.interrupted) {
      watch.interrupted = false;
      watch.onProblem({ kind: 'overflow', reason: INTERRUPTED });
    }
  }

  return {
    watch(root, onHint, onProblem) {
      const id = ++calls;
      // Asked for while the thread is being begun anew: then a look is due as for the others.
      watches.set(id, { root, onHint, onProblem, interrupted: cancelRetry !== null });
      if (worker !== null) send(worker, { type: 'watch', id, root });
      else if (cancelRetry === null && closed === null) start();
      return () => {
        if (watches.delete(id)) send(worker, { type: 'unwatch', id });
      };
    },
    close() {
      closed ??= (async () => {
        watches.clear();
        cancelRetry?.();
        await worker?.terminate();
      })();
      return closed;
    },
  };
}
