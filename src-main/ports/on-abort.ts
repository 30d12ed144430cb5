/**
 * Many who wait for the same signal. Node's signals go through all their listeners whenever one is added or removed: of
 * thousands that wait for one, most of the time would be that.
 */

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `run` once when `signal` aborts, never before and not where it has aborted; the returned function cancels. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const all = waiting.get(signal) ?? listenTo(signal);
  // Of its own: the same function may wait twice.
  const once = (): void => {
    run();
  };
  all.add(once);
  return () => {
    all.delete(once);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  signal.addEventListener(
    'abort',
    () => {
      for (const run of all) {
        all.delete(run);
        run();
      }
    },
    { once: true },
  );
  return all;
}
