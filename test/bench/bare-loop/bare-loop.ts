/**
 * The yardstick of the registering benchmark: how fast this machine walks, reads and hashes (md5
 * and sha256) the same files on as many workers, with no database and no safety check at all.
 */
import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BatchAnswer } from './hash-batch.ts';

export interface BareLoopResult {
  filesPerSecond: number;
  files: number;
  bytes: number;
  seconds: number;
  /** XOR of the first four bytes of all md5 and sha256: the same tree gives the same value. */
  fold: number;
}

/** As many paths a message as keep its cost unmeasurable, and few enough that both workers end together. */
const batchSize = 250;

/** Batches of paths of all regular files below `folder`, folder by folder; links are not followed. */
function* walkInBatches(folder: string): Generator<string[]> {
  const waiting = [folder];
  let batch: string[] = [];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const path = current + sep + entry.name;
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) batch.push(path);
      if (batch.length >= batchSize) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}

function startWorker(): Promise<Worker> {
  const worker = new Worker(new URL('./hash-batch.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => {
      worker.off('error', reject);
      resolve(worker);
    });
  });
}

/** Feeds one worker from the shared walk, always one batch ahead, until the walk is at its end. */
function drain(worker: Worker, batches: Generator<string[]>, total: BatchAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    let underWay = 0;
    function feed(): void {
      const next = batches.next();
      if (next.done) return;
      underWay += 1;
      worker.postMessage(next.value);
    }
    worker.once('error', reject);
    worker.on('message', (answer: BatchAnswer) => {
      underWay -= 1;
      total.files += answer.files;
      total.bytes += answer.bytes;
      total.fold ^= answer.fold;
      feed();
      if (underWay === 0) resolve();
    });
    feed();
    feed();
    if (underWay === 0) resolve();
  });
}

/**
 * Walks, reads and hashes everything below `folder` on `threads` workers. The workers are up before
 * the clock starts, as the engine's are. Throws what node:fs throws for a file that cannot be read.
 */
export async function measureBareLoop(folder: string, threads: number): Promise<BareLoopResult> {
  const workers = await Promise.all(Array.from({ length: threads }, startWorker));
  try {
    const total: BatchAnswer = { files: 0, bytes: 0, fold: 0 };
    const start = performance.now();
    const batches = walkInBatches(folder);
    await Promise.all(workers.map((worker) => drain(worker, batches, total)));
    const seconds = (performance.now() - start) / 1000;
    return { ...total, seconds, filesPerSecond: total.files / seconds };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
