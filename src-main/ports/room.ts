/** How much may be in use at once, bytes in memory or requests on their way: first come, first served. */

export interface Room {
  /** Waits until there is room; whoever got it calls what is returned, once, when it is not needed any more. Errors: `signal`'s. */
  take(amount: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiter {
  amount: number;
  go: () => void;
}

/** What is larger than all the room gets it alone. */
export function openRoom(most: number): Room {
  let taken = 0;
  const waiting: Waiter[] = [];

  function serve(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (taken > 0 && taken + next.amount > most) return;
      taken += next.amount;
      waiting.shift();
      next.go();
    }
  }

  return {
    take(amount, signal) {
      return new Promise((resolve, reject) => {
        const stopped = (): void => {
          const at = waiting.indexOf(waiter);
          if (at < 0) return;
          waiting.splice(at, 1);
          reject(signal.reason as Error);
          serve();
        };
        const waiter: Waiter = {
          amount,
          go() {
            signal.removeEventListener('abort', stopped);
            let over = false;
            resolve(() => {
              if (over) return;
              over = true;
              taken -= amount;
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
