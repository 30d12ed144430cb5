/** The thread that makes checksums of what is uploaded: there while any content is open. */
import { Worker } from 'node:worker_threads';
import type { ChecksumsWanted, PartChecksums, WholeChecksums } from '../ports/fs/content-hash.ts';
import type { DistantHash } from '../ports/fs/hasher.ts';
import type { FromContent, ToContent } from './content-messages.ts';
import { readingStopped } from './reading-stopped.ts';
import { SMALL_THREAD, threadFile } from './threads/thread-file.ts';

interface Asked {
  answer(checksums: PartChecksums | WholeChecksums): void;
  fail(error: Error): void;
}

export interface ContentThread {
  open(wanted: ChecksumsWanted): DistantHash;
  close(): Promise<void>;
}

export function contentThread(): ContentThread {
  /** Of each content that is open, what its reader waits for, in order. */
  const open = new Map<number, Asked[]>();
  let worker: Worker | null = null;
  let last = 0;

  function start(): Worker {
    const one = new Worker(threadFile('content-thread'), { name: 'benchkeep-content', resourceLimits: SMALL_THREAD });
    one.unref();
    one.on('message', ({ of, checksums }: FromContent) => {
      open.get(of)?.shift()?.answer(checksums);
    });
    one.on('error', (error: Error) => {
      lose(one, error);
    });
    one.on('exit', () => {
      lose(one, new Error('the thread ended'));
    });
    return one;
  }

  function lose(one: Worker, error: Error): void {
    if (worker !== one) return;
    worker = null;
    for (const asked of open.values()) for (const { fail } of asked.splice(0)) fail(readingStopped(error.message));
    open.clear();
  }

  function ask(of: number, say: 'part' | 'whole'): Promise<PartChecksums | WholeChecksums> {
    return new Promise((answer, fail) => {
      const asked = open.get(of);
      // The thread that knew it is gone; another one may be there, for others.
      if (asked === undefined) {
        fail(readingStopped('the thread ended'));
        return;
      }
      asked.push({ answer, fail });
      tell({ of, say });
    });
  }

  function tell(message: ToContent): void {
    worker?.postMessage(message);
  }

  return {
    open(wanted) {
      const of = ++last;
      open.set(of, []);
      worker ??= start();
      tell({ of, say: 'open', wanted });
      return {
        add(slice) {
          if (open.has(of)) tell({ of, say: 'add', slice });
        },
        part: () => ask(of, 'part'),
        whole: () => ask(of, 'whole') as Promise<WholeChecksums>,
        close() {
          if (!open.delete(of)) return;
          tell({ of, say: 'close' });
          if (open.size === 0) void stop();
        },
      };
    },
    close: stop,
  };

  async function stop(): Promise<void> {
    const one = worker;
    worker = null;
    for (const asked of open.values()) for (const { fail } of asked.splice(0)) fail(readingStopped('the program ends'));
    open.clear();
    await one?.terminate();
  }
}
