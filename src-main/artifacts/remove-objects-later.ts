/** Objects whose records were deleted while their store could not be reached are removed when it answers again. */
import type { InstanceContext } from '../instance/index.ts';
import { finishObjectRemovals } from './pending-removals.ts';

/** Ms until the next look while something waits, and how long a command waits for a store before it goes on. */
const AGAIN = 5 * 60_000;
const PATIENCE = 3_000;

/** `active` false: one look, that keeps a command from nothing; the next one looks again. */
export async function removeObjectsLater(
  context: InstanceContext,
  active: boolean,
): Promise<{ close(): Promise<void> }> {
  const { clock } = context;
  const stop = new AbortController();
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    // What fails here is the database itself, which everybody who writes is told; the plans stay in it.
    const waiting = await finishObjectRemovals(context, stop.signal).catch(() => 1);
    if (active && waiting > 0 && !stop.signal.aborted) {
      cancel = clock.after(AGAIN, () => {
        running = look();
      });
    }
  }

  running = look();
  if (!active) {
    const tired = clock.after(PATIENCE, () => {
      stop.abort();
    });
    await running;
    tired();
  }
  return {
    async close() {
      stop.abort();
      cancel();
      await running;
    },
  };
}
