/** Hashes files, synchronously: a batch of small ones or one large one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { hashFile, hashFileEnds, readBuffer } from '../../ports/fs/hash-file.ts';
import { packOutcomes, type FromHash, type ToHash } from '../hash-messages.ts';

/** Bytes between two tellings of progress. */
const TELL_EVERY = 16 * 1024 * 1024;

const pool = parentPort;
if (pool === null) throw new Error('hash-thread runs as a worker');
/** One slot: the job that is to be ended. */
const cancelled = (workerData as { cancelled: Int32Array }).cancelled;
const buffer = readBuffer();
const send = (message: FromHash): void => {
  pool.postMessage(message);
};

pool.on('message', ({ job, paths, ends }: ToHash) => {
  let untold = 0;
  const control = {
    cancelled: () => Atomics.load(cancelled, 0) === job,
    onBytes: (bytes: number) => {
      untold += bytes;
      if (untold < TELL_EVERY) return;
      send({ job, bytes: untold });
      untold = 0;
    },
  };
  const outcomes = paths.map((path) => (ends ? hashFileEnds : hashFile)(path, buffer, control));
  send({ job, outcomes: packOutcomes(outcomes), bytes: untold });
});
