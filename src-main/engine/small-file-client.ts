/** The thread that reads and sends small files: there while any are to be sent, and a little longer. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../ports/clock.ts';
import { onAbort } from '../ports/on-abort.ts';
import { sayingTogether } from '../ports/gather.ts';
import type { KnownWay } from '../storage/objects/s3-short-request.ts';
import type { PutFile, SmallFileSender } from '../storage/objects/small-file-sender.ts';
import type { FromSender, ToSender } from './small-file-messages.ts';
import { SMALL_THREAD, threadFile } from './threads/thread-file.ts';

/** Ms without a file, after which the thread ends. */
const IDLE = 10_000;

export interface SmallFileThread extends SmallFileSender {
  close(): Promise<void>;
}

export function smallFileThread(clock: Pick<Clock, 'after'>): SmallFileThread {
  let worker: Worker | null = null;
  let isClosed = false;
  let last = 0;
  let forgetIdle = (): void => undefined;
  const tell = sayingTogether<ToSender>((all) => worker?.postMessage(all));
  /** What this worker was told of each place. */
  const told = new Map<number, KnownWay | null>();
  /** Files that it holds, or reads. */
  const held = new Set<number>();
  const reading = new Map<number, (crc32: string | null) => void>();
  const putting = new Map<number, (made: PutFile | null) => void>();

  function start(): Worker {
    const one = new Worker(threadFile('small-file-thread'), {
      name: 'benchkeep-small-files',
      resourceLimits: SMALL_THREAD,
    });
    one.unref();
    one.on('message', (answers: readonly FromSender[]) => {
      for (const answer of answers) heed(answer);
    });
    const lost = (): void => {
      if (worker === one) lose();
    };
    one.on('error', lost);
    one.on('exit', lost);
    return one;
  }

  function heed(answer: FromSender): void {
    if (answer.say === 'read') take(reading, answer.file)?.(answer.crc32);
    else take(putting, answer.put)?.(answer.made);
  }

  /** Whoever waits does it another way. */
  function lose(): void {
    worker = null;
    told.clear();
    held.clear();
    for (const file of [...reading.keys()]) take(reading, file)?.(null);
    for (const put of [...putting.keys()]) take(putting, put)?.(null);
  }

  function hold(file: number): void {
    worker ??= start();
    // The program does not end before its answers came.
    if (held.size === 0) worker.ref();
    held.add(file);
  }

  function letGo(file: number): void {
    if (!held.delete(file)) return;
    tell({ say: 'let go', file });
    if (held.size > 0) return;
    worker?.unref();
    forgetIdle();
    forgetIdle = clock.after(IDLE, () => {
      if (held.size === 0) void stop();
    });
  }

  async function stop(): Promise<void> {
    forgetIdle();
    const one = worker;
    if (one === null) return;
    lose();
    await one.terminate();
  }

  return {
    connect(how) {
      const place = ++last;
      function beThere(way: KnownWay): void {
        if (!told.has(place)) tell({ say: 'connect', place, how });
        if (told.get(place) !== way) tell({ say: 'way', place, way });
        told.set(place, way);
      }
      return {
        async read(source, signal) {
          if (isClosed || signal?.aborted === true) return null;
          const file = ++last;
          hold(file);
          // A disk that hangs holds up the thread, and nobody who stopped waiting for it.
          const over = signal && onAbort(signal, () => take(reading, file)?.(null));
          const crc32 = await new Promise<string | null>((resolve) => {
            reading.set(file, resolve);
            tell({ say: 'read', file, source });
          });
          over?.();
          if (crc32 !== null) return { file, crc32 };
          letGo(file);
          return null;
        },
        async put(file, way, wanted, signal) {
          if (!held.has(file) || signal?.aborted === true) return null;
          beThere(way);
          const put = ++last;
          const over =
            signal &&
            onAbort(signal, () => {
              tell({ say: 'stop', put });
            });
          const made = await new Promise<PutFile | null>((resolve) => {
            putting.set(put, resolve);
            tell({ say: 'put', put, file, place, wanted });
          });
          over?.();
          return made;
        },
        letGo,
        close() {
          if (told.delete(place)) tell({ say: 'disconnect', place });
        },
      };
    },
    async close() {
      isClosed = true;
      await stop();
    },
  };
}

function take<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
