/**
 * The hashing threads: started when first needed, fed with batches of small files or single large ones. While large
 * files keep all of them busy, one more thread reads what somebody waits for.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import type { EndsOutcome, HashOptions, Hasher, HashOutcome, RehashOutcome } from '../ports/fs/hasher.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { contentThread } from './content-client.ts';
import { CANCELLED, HELD, unpackOutcomes, type FromHash, type Outcome, type ToHash } from './hash-messages.ts';
import { readingStopped } from './reading-stopped.ts';
import { threadFile } from './threads/thread-file.ts';

/** Files of one message. Sizes are not known here, so a batch stays small enough not to hide a large file's siblings for long. */
const BATCH = 64;

/** What is read first, of what waits. */
const RANKS = ['files', 'ends', 'background', 'again'] as const;
type Rank = (typeof RANKS)[number];
const READS = { files: 'whole', background: 'whole', ends: 'ends', again: 'again' } as const;
/** Threads that read known files again: two are as fast as hashing is, and the disk is not torn between more. */
const MOST_AGAIN = 2;

interface Job {
  id: number;
  paths: RawPath[];
  rank: Rank;
  tries: number;
  onBytes: (bytes: number) => void;
  done: (outcomes: Outcome[]) => void;
}

interface Thread {
  worker: Worker;
  control: Int32Array;
  job: Job | null;
}

export function hashPool(threads: number = Math.max(2, availableParallelism())): Hasher {
  const waiting: Record<Rank, Job[]> = { files: [], ends: [], background: [], again: [] };
  const all = new Set<Thread>();
  const contents = contentThread();
  let jobs = 0;
  let closed = false;

  function startThread(): Thread {
    const control = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(threadFile('hash-thread'), { workerData: { control }, name: 'benchkeep-hash' });
    worker.unref();
    const thread: Thread = { worker, control, job: null };
    all.add(thread);
    worker.on('message', ({ bytes, outcomes }: FromHash) => {
      const { job } = thread;
      if (job === null) return;
      if (bytes > 0) job.onBytes(bytes);
      if (outcomes === undefined) return;
      thread.job = null;
      worker.unref();
      job.done(unpackOutcomes(outcomes));
      feed();
    });
    worker.on('error', (error: Error) => {
      lose(thread, error);
    });
    worker.on('exit', () => {
      lose(thread, new Error('the thread ended'));
    });
    return thread;
  }

  /** A thread that died takes nothing with it: its files are tried once more, then failed with the reason. */
  function lose(thread: Thread, error: Error): void {
    if (!all.delete(thread)) return;
    const { job } = thread;
    thread.job = null;
    if (job !== null && job.tries === 0 && !closed) waiting[job.rank].unshift({ ...job, tries: 1 });
    else if (job !== null) failJob(job, error.message);
    feed();
  }

  /** Jobs in the background never hold up others: both kinds have as many threads as there are cores, and one is kept for the others. */
  function mayRun(rank: Rank): boolean {
    const busy = (of: (other: Rank) => boolean): number =>
      [...all].filter(({ job }) => job !== null && of(job.rank)).length;
    if (rank === 'again') return !isWanted() && busy((other) => other === 'again') < Math.min(MOST_AGAIN, threads);
    const isBackground = rank === 'background';
    if (busy((other) => other !== 'again') > threads) return false;
    return busy((other) => other !== 'again' && (other === 'background') === isBackground) < threads;
  }

  /** Anything but reading known files again is to be done. */
  function isWanted(): boolean {
    const isOther = (rank: Rank): boolean => rank !== 'again';
    return (
      RANKS.some((rank) => isOther(rank) && waiting[rank].length > 0) ||
      [...all].some(({ job }) => job !== null && isOther(job.rank))
    );
  }

  function holdOrLetGo(): void {
    const held = isWanted() ? 1 : 0;
    for (const { control } of all) if (Atomics.exchange(control, HELD, held) !== held) Atomics.notify(control, HELD);
  }

  function feed(): void {
    holdOrLetGo();
    for (const rank of RANKS) {
      const queue = waiting[rank];
      while (queue.length > 0 && !closed && mayRun(rank)) {
        const idle =
          [...all].find((thread) => thread.job === null) ??
          (all.size < threads + 1 + MOST_AGAIN ? startThread() : undefined);
        const job = idle === undefined ? undefined : queue.shift();
        if (idle === undefined || job === undefined) return;
        idle.job = job;
        idle.worker.ref();
        const message: ToHash = { job: job.id, paths: job.paths, read: READS[job.rank] };
        idle.worker.postMessage(message);
      }
    }
  }

  function cancel(ids: ReadonlySet<number>): void {
    for (const rank of RANKS) waiting[rank] = waiting[rank].filter(({ id }) => !ids.has(id));
    for (const { job, control } of all) {
      if (job === null || !ids.has(job.id)) continue;
      Atomics.store(control, CANCELLED, job.id);
      // One that is held ends too.
      Atomics.notify(control, HELD);
    }
    feed();
  }

  function run(paths: RawPath[], rank: Rank, options: HashOptions, ids: Set<number>): Promise<Outcome[]> {
    return new Promise((resolve) => {
      const id = ++jobs;
      ids.add(id);
      waiting[rank].push({ id, paths, rank, tries: 0, onBytes: options.onBytes ?? (() => undefined), done: resolve });
    });
  }

  async function hashAll(paths: readonly RawPath[], rank: Rank, options: HashOptions): Promise<Outcome[]> {
    const { signal } = options;
    if (closed || signal?.aborted === true) throw stopped();
    const ids = new Set<number>();
    const parts: Promise<Outcome[]>[] = [];
    const size = rank === 'ends' ? 1 : Math.max(1, Math.min(BATCH, Math.ceil(paths.length / threads)));
    for (let i = 0; i < paths.length; i += size) parts.push(run(paths.slice(i, i + size), rank, options, ids));
    feed();
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => {
        cancel(ids);
        reject(stopped());
      };
    });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return (await Promise.race([Promise.all(parts), aborted])).flat();
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    hashFiles: (paths, options = {}) =>
      hashAll(paths, options.background === true ? 'background' : 'files', options) as Promise<HashOutcome[]>,
    hashEnds: (paths, options = {}) => hashAll(paths, 'ends', options) as Promise<EndsOutcome[]>,
    rehashFiles: (paths, options = {}) => hashAll(paths, 'again', options) as Promise<RehashOutcome[]>,
    hashContent: (wanted) => contents.open(wanted),
    async close() {
      closed = true;
      await contents.close();
      for (const rank of RANKS) for (const job of waiting[rank].splice(0)) failJob(job, 'the program ends');
      await Promise.all([...all].map(({ worker }) => worker.terminate()));
    },
  };
}

function failJob({ paths, done }: Job, reason: string): void {
  const error = toErrorData(readingStopped(reason));
  done(paths.map(() => ({ kind: 'failed', error })));
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Reading was stopped', 'It begins anew at the next look.', { retry: true });
}
