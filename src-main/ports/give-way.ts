/** Long work in a thread that others need too: it stops for them every few milliseconds. */

/** Ms of work between two pauses. */
const SLICE = 4;

/** Call its result often: it waits only when it is time. Errors: `signal`'s. */
export function giveWay(signal?: AbortSignal): () => Promise<void> {
  let until = performance.now() + SLICE;
  return async () => {
    if (performance.now() < until) return;
    await nextTurn();
    signal?.throwIfAborted();
    until = performance.now() + SLICE;
  };
}

/** Everybody else who waits for this thread comes first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
