/** How many bytes may be in memory at once, for all who fetch together: first come, first served. */

export interface ByteRoom {
  /** Waits until there is room; whoever got it calls what is returned, once, when the bytes are not needed any more. Errors: `signal`'s. */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiter {
  bytes: number;
  go: () => void;
}

/** What is larger than all the room gets it alone. */
export function byteRoom(most: number): ByteRoom {
  let taken = 0;
  const waiting: Waiter[] = [];

  function serve(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (taken > 0 && taken + next.bytes > most) return;
      taken += next.bytes;
      waiting.shift();
      next.go();
    }
  }

  return {
    take(bytes, signal) {
      return new Promise((resolve, reject) => {
        const stopped = (): void => {
          const at = waiting.indexOf(waiter);
          if (at < 0) return;
          waiting.splice(at, 1);
          reject(signal.reason as Error);
          serve();
        };
        const waiter: Waiter = {
          bytes,
          go() {
            signal.removeEventListener('abort', stopped);
            let over = false;
            resolve(() => {
              if (over) return;
              over = true;
              taken -= bytes;
              serve();
            });
          },
        };
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        signal.addEventListener('abort', stopped, { once: true });
        waiting.push(waiter);
        serve();
      });
    },
  };
}
