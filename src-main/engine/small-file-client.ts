/** The thread that reads and sends small files: there while any are to be sent, and a little longer. */
import { Worker } from 'node:worker_threads';
import { wait, type Clock } from '../ports/clock.ts';
import { sayingTogether } from '../ports/gather.ts';
import { onAbort } from '../ports/on-abort.ts';
import type { KnownWay } from '../storage/objects/s3-short-request.ts';
import type { PutFile } from '../storage/objects/object-store.ts';
import type { SmallFileSender } from '../storage/objects/small-file-sender.ts';
import type { FromSender, ToSender } from './small-file-messages.ts';
import { SMALL_THREAD, threadFile } from './threads/thread-file.ts';

/** Ms without a file, after which the thread ends. */
const IDLE = 10_000;
/** Ms between two questions whether it still goes on, and after how many without a word it does not: a disk hangs. */
const BEAT = 2_000;
const MOST_MISSED = 3;
/** Ms that the end of the program waits for one that hangs. */
const LONGEST_CLOSE = 1_000;

export interface SmallFileThread extends SmallFileSender {
  close(): Promise<void>;
}

/** One worker, from its start until it ends or is given up; nothing that was said to it reaches another one. */
interface Sender {
  worker: Worker;
  tell: (message: ToSender) => void;
  /** What it was told of each place. */
  told: Map<number, KnownWay>;
  /** Files that it holds, or reads. */
  held: Set<number>;
  reading: Map<number, (crc32: string | null) => void>;
  putting: Map<number, (made: PutFile | null) => void>;
  /** It said something since it was asked whether it goes on. */
  isHeard: boolean;
  isWatched: boolean;
}

export function smallFileThread(clock: Clock): SmallFileThread {
  let current: Sender | null = null;
  let isClosed = false;
  let last = 0;
  const holders = new Map<number, Sender>();

  function start(): Sender {
    const worker = new Worker(threadFile('small-file-thread'), {
      name: 'benchkeep-small-files',
      resourceLimits: SMALL_THREAD,
    });
    worker.unref();
    const one: Sender = {
      worker,
      tell: sayingTogether((all) => {
        worker.postMessage(all);
      }),
      told: new Map(),
      held: new Set(),
      reading: new Map(),
      putting: new Map(),
      isHeard: true,
      isWatched: false,
    };
    worker.on('message', (answers: readonly FromSender[]) => {
      one.isHeard = true;
      for (const answer of answers) heed(one, answer);
    });
    const lost = (): void => {
      lose(one);
    };
    worker.on('error', lost);
    worker.on('exit', lost);
    return one;
  }

  function heed(one: Sender, answer: FromSender): void {
    if (answer.say === 'read') take(one.reading, answer.file)?.(answer.crc32);
    else if (answer.say === 'put') take(one.putting, answer.put)?.(answer.made);
  }

  /** Whoever waits does it another way. */
  function lose(one: Sender): void {
    if (current === one) current = null;
    for (const file of one.held) holders.delete(file);
    one.held.clear();
    for (const file of [...one.reading.keys()]) take(one.reading, file)?.(null);
    for (const put of [...one.putting.keys()]) take(one.putting, put)?.(null);
  }

  async function end(one: Sender): Promise<void> {
    lose(one);
    await one.worker.terminate();
  }

  /** A disk that hangs holds it up, with all that it was to send. Given up, it sends nothing more. */
  function watch(one: Sender, missed = 0): void {
    one.isWatched = true;
    clock.after(BEAT, () => {
      if (one.held.size === 0) {
        one.isWatched = false;
        return;
      }
      if (!one.isHeard && missed + 1 >= MOST_MISSED) {
        void end(one);
        return;
      }
      const more = one.isHeard ? 0 : missed + 1;
      one.isHeard = false;
      one.tell({ say: 'are you there' });
      watch(one, more);
    });
  }

  /** Null where there can be no thread. */
  function hold(file: number): Sender | null {
    try {
      current ??= start();
    } catch {
      return null;
    }
    const one = current;
    if (one.held.size === 0) {
      // The program does not end before its answers came.
      one.worker.ref();
      one.isHeard = true;
    }
    one.held.add(file);
    holders.set(file, one);
    if (!one.isWatched) watch(one);
    return one;
  }

  function letGo(file: number): void {
    const one = holders.get(file);
    if (one === undefined) return;
    holders.delete(file);
    one.held.delete(file);
    one.tell({ say: 'let go', file });
    if (one.held.size > 0) return;
    one.worker.unref();
    const before = last;
    clock.after(IDLE, () => {
      if (last === before && current === one) void end(one);
    });
  }

  return {
    connect(how) {
      const place = ++last;
      function show(one: Sender, way: KnownWay): void {
        const known = one.told.get(place);
        if (known === undefined) one.tell({ say: 'connect', place, how });
        if (known !== way) one.tell({ say: 'way', place, way });
        one.told.set(place, way);
      }
      return {
        async read(source, signal) {
          if (isClosed || signal?.aborted === true) return null;
          const file = ++last;
          const one = hold(file);
          if (one === null) return null;
          const over = signal && onAbort(signal, () => take(one.reading, file)?.(null));
          const crc32 = await new Promise<string | null>((resolve) => {
            one.reading.set(file, resolve);
            one.tell({ say: 'read', file, source });
          });
          over?.();
          if (crc32 !== null) return { file, crc32 };
          letGo(file);
          return null;
        },
        async put(file, way, wanted, signal) {
          const one = holders.get(file);
          if (one === undefined || signal?.aborted === true) return null;
          show(one, way);
          const put = ++last;
          const stop = (): void => {
            one.tell({ say: 'stop', put });
          };
          const over = signal && onAbort(signal, stop);
          const made = await new Promise<PutFile | null>((resolve) => {
            one.putting.set(put, resolve);
            one.tell({ say: 'put', put, file, place, wanted });
          });
          over?.();
          return made;
        },
        letGo,
        close() {
          if (current?.told.delete(place) === true) current.tell({ say: 'disconnect', place });
        },
      };
    },
    async close() {
      isClosed = true;
      if (current !== null) await Promise.race([end(current), wait(clock, LONGEST_CLOSE)]);
    },
  };
}

function take<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
