/** Hashes files, synchronously: a batch of small ones or one large one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { hashFile, hashFileEnds, readBuffer, rehashFile } from '../../ports/fs/hash-file.ts';
import { CANCELLED, HELD, packOutcomes, type FromHash, type ToHash } from '../hash-messages.ts';

/** Bytes between two tellings of progress. */
const TELL_EVERY = 16 * 1024 * 1024;

const pool = parentPort;
if (pool === null) throw new Error('hash-thread runs as a worker');
const control = (workerData as { control: Int32Array }).control;
const READERS = { whole: hashFile, ends: hashFileEnds, again: rehashFile };
/** Ms between two looks of a thread that is held. */
const LOOK_AGAIN = 1000;
const buffer = readBuffer();
const send = (message: FromHash): void => {
  pool.postMessage(message);
};

pool.on('message', ({ job, paths, read }: ToHash) => {
  let untold = 0;
  const isCancelled = (): boolean => Atomics.load(control, CANCELLED) === job;
  const tools = {
    cancelled() {
      if (read === 'again')
        while (!isCancelled() && Atomics.load(control, HELD) === 1) Atomics.wait(control, HELD, 1, LOOK_AGAIN);
      return isCancelled();
    },
    onBytes: (bytes: number) => {
      untold += bytes;
      if (untold < TELL_EVERY) return;
      send({ job, bytes: untold });
      untold = 0;
    },
  };
  const outcomes = paths.map((path) => READERS[read](path, buffer, tools));
  send({ job, outcomes: packOutcomes(outcomes), bytes: untold });
});
