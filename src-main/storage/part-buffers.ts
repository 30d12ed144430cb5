/**
 * Memory of the parts that are on their way: so much for all uploads together, and the same again for the next part.
 * Making a buffer of many MiB anew for each part costs as much time as reading it.
 */
import { BenchkeepError } from '../../shared/errors.ts';

/** Bytes: one upload to S3 at full speed, or several that share. */
const MOST = 64 * 1024 ** 2;

export interface PartBuffers {
  /**
   * A buffer of that length in shared memory, with anything in it, when there is room: first come, first served. One that is larger than
   * all there is gets it when nobody has any. Error: `cancelled` when `signal` aborts.
   */
  take(bytes: number, signal: AbortSignal): Promise<Buffer>;
  /** Nobody reads it any more. */
  give(buffer: Buffer): void;
}

interface Waiter {
  bytes: number;
  go(): void;
}

export function partBuffers(most = MOST): PartBuffers {
  let out = 0;
  let waiting: Waiter[] = [];
  /** All of one size: that of the parts of the last upload. */
  let free: Buffer[] = [];

  function serve(): void {
    for (;;) {
      const [next] = waiting;
      if (next === undefined || (out > 0 && out + next.bytes > most)) break;
      waiting.shift();
      out += next.bytes;
      next.go();
    }
    // Between two uploads nothing is held.
    if (out === 0) free = [];
  }

  function made(bytes: number): Buffer {
    if (free[0]?.length !== bytes) free = [];
    return free.pop() ?? Buffer.from(new SharedArrayBuffer(bytes));
  }

  return {
    take: (bytes, signal) =>
      new Promise((resolve, reject) => {
        const waiter: Waiter = {
          bytes,
          go() {
            signal.removeEventListener('abort', leave);
            resolve(made(bytes));
          },
        };
        const leave = (): void => {
          waiting = waiting.filter((other) => other !== waiter);
          reject(stopped());
          serve();
        };
        if (signal.aborted) {
          reject(stopped());
          return;
        }
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(waiter);
        serve();
      }),
    give(buffer) {
      out -= buffer.length;
      if (free.length === 0 || free[0]?.length === buffer.length) free.push(buffer);
      serve();
    },
  };
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', {
    retry: true,
  });
}
