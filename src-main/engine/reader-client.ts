/** The engine's side of the reader: the same reads, done on a thread of their own. */
import { Worker } from 'node:worker_threads';
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { FromReader, ReaderThreadData, ToReader } from './reader-messages.ts';
import { readsBy, type ReadName, type Reads } from './reads.ts';
import { threadFile } from './threads/thread-file.ts';

/** A statement can't be stopped from outside: after this time (ms) its thread is, and a new one takes over. */
const LONGEST_READ = 30_000;
/** The same for a file that is unpacked and drawn, on a thread of its own: disks may be slow. */
const LONGEST_PREVIEW = 60_000;

interface Call {
  name: ReadName;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  cancelTimer: () => void;
}

export interface Reader {
  reads: Reads;
  /** Ends the thread; what is still being read fails with `cancelled`. */
  close(): Promise<void>;
}

interface Running {
  worker: Worker;
  ready: Promise<void>;
  calls: Map<number, Call>;
}

/** Resolves once the reader serves; errors of opening the databases are thrown. */
export async function startReader(data: ReaderThreadData, clock: Pick<Clock, 'after'>): Promise<Reader> {
  let ids = 0;
  let closed = false;
  let running = start(data);
  await running.ready;

  async function call(name: ReadName, input: unknown): Promise<unknown> {
    if (closed) throw stopped();
    const { worker, ready, calls } = running;
    await ready;
    const id = ++ids;
    return new Promise((resolve, reject) => {
      const longest = name === 'previewArtifact' ? LONGEST_PREVIEW : LONGEST_READ;
      // A path is looked for on disks, which may hang without blocking anybody.
      const cancelTimer =
        name === 'artifactPath' ? () => undefined : clock.after(longest, () => void worker.terminate());
      calls.set(id, { name, resolve, reject, cancelTimer });
      post(worker, { type: 'read', id, name, input });
    });
  }

  function start(options: ReaderThreadData): Running {
    const worker = new Worker(threadFile('reader-thread'), { workerData: options, name: 'benchkeep-reader' });
    const calls = new Map<number, Call>();
    const ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: FromReader) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'failed') reject(reviveError(message.error));
        else settle(calls, message);
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        reject(lost(null));
        for (const { name, reject: fail, cancelTimer } of calls.values()) {
          cancelTimer();
          fail(closed ? stopped() : lost(name));
        }
        // A thread that failed or was stopped is replaced; one that can't be opened says so to each call.
        if (!closed && running.worker === worker) running = start(options);
      });
    });
    ready.catch(() => undefined);
    return { worker, ready, calls };
  }

  return {
    reads: readsBy(call),
    async close() {
      if (closed) return;
      closed = true;
      const { worker } = running;
      const exit = new Promise<void>((resolve) => {
        worker.once('exit', () => {
          resolve();
        });
      });
      post(worker, { type: 'close' });
      const cancel = clock.after(2000, () => void worker.terminate());
      await exit;
      cancel();
    },
  };
}

/**
 * The reads of `reader`, and previews by a second one that `startPreviews` starts when the first is asked for: what a
 * file from anywhere does to the program that unpacks it holds up no list and no search.
 */
export function previewsApart(reader: Reader, startPreviews: () => Promise<Reader>): Reader {
  let previews: Promise<Reader> | null = null;
  return {
    reads: {
      ...reader.reads,
      async previewArtifact(input) {
        previews ??= startPreviews();
        const started = await previews.catch((error: unknown) => {
          // Tried again with the next one.
          previews = null;
          throw error;
        });
        return started.reads.previewArtifact(input);
      },
    },
    async close() {
      const started = await previews?.catch(() => null);
      await Promise.all([reader.close(), started?.close()]);
    },
  };
}

function post(worker: Worker, message: ToReader): void {
  worker.postMessage(message);
}

function settle(calls: Map<number, Call>, message: Extract<FromReader, { id: number }>): void {
  const call = calls.get(message.id);
  if (call === undefined) return;
  calls.delete(message.id);
  call.cancelTimer();
  if (message.type === 'value') call.resolve(message.value);
  else call.reject(reviveError(message.error));
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'The instance was closed', 'Connect again, then repeat it.');
}

function lost(name: ReadName | null): BenchkeepError {
  if (name === 'previewArtifact') {
    return new BenchkeepError(
      'internal',
      'This file can’t be shown: reading it failed or took too long',
      'Open it with its own program. The file and its record are as they were.',
    );
  }
  return new BenchkeepError(
    'internal',
    'Reading took too long and was stopped',
    'Try again, with a narrower search or fewer filters.',
    { retry: true },
  );
}
