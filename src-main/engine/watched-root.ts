/** One watched root in the hint thread: its watcher, its batches, and what is wrong with it. The latest problem stands. */
import type { Clock } from '../ports/clock.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { rootNow, watchHints } from '../ports/fs/watch-hints.ts';
import { limitReason, probeWatchLimit } from '../ports/fs/watch-limit.ts';
import type { WatchProblem } from '../watching/index.ts';
import { hintBatch } from './hint-batch.ts';

/** Ms between two `overflow` of a root: each means a whole scan. */
const BETWEEN_OVERFLOWS = 5000;
/** A folder that nothing else watches, to try whether one more can be. */
const PROBE_FOLDER = '/' as RawPath;

export interface WatchedRootEvents {
  onReady(): void;
  onHints(paths: RawPath[]): void;
  onProblem(problem: WatchProblem): void;
  /** One event of the system came in: whoever counts them sees floods. */
  onEvent(): void;
}

export interface WatchedRoot {
  taken(): void;
  /** Hints may have been lost: said so at once, but not more often than a scan is worth. */
  lost(reason: string): void;
  /** Looks whether the root is still the same folder and the limits leave room. */
  probe(): Promise<void>;
  close(): void;
}

export const LOST = 'Too much happened at once to follow each file; the folder is looked through once more.';
const GONE =
  'The folder is not there any more; its files are looked for as soon as it is back. Connect its drive if it has one.';
const BACK = 'The folder was away and is back; it is looked through once more.';
const ROOM = 'This computer watches all folders again; the folder is looked through once more.';

export function watchRoot(
  context: { clock: Pick<Clock, 'after' | 'monotonic'> },
  root: RawPath,
  events: WatchedRootEvents,
): WatchedRoot {
  const { clock } = context;
  let hints: ReturnType<typeof watchHints> | null = null;
  let identity: string | null = null;
  let standing: 'limit' | 'stopped' | null = null;
  let watching = false;
  let limited = false;
  let unwatchedFolder: RawPath | null = null;
  let lastOverflow = Number.NEGATIVE_INFINITY;
  let cancelOverflow: (() => void) | null = null;
  let closed = false;
  const batch = hintBatch(context, root, events.onHints, () => {
    lost(LOST);
  });

  function say(kind: WatchProblem['kind'], reason: string): void {
    if (closed || (kind !== 'overflow' && standing === kind)) return;
    standing = kind === 'overflow' ? null : kind;
    events.onProblem({ kind, reason });
  }

  function lost(reason: string): void {
    // What stands says already that hints are missing, and the root is scanned often because of it.
    if (closed || standing !== null || cancelOverflow !== null) return;
    const wait = lastOverflow + BETWEEN_OVERFLOWS - clock.monotonic();
    cancelOverflow = clock.after(Math.max(0, wait), () => {
      cancelOverflow = null;
      lastOverflow = clock.monotonic();
      if (standing === null) say('overflow', reason);
    });
  }

  function begin(again: string | null): void {
    const began = watchHints(root, {
      onEvent: events.onEvent,
      onHint: batch.add,
      onReady: () => void ready(began, again),
      onGone() {
        say('stopped', GONE);
      },
      onError(error, folder) {
        const limit = limitReason(error);
        if (limit === null) lost(`${LOST} (${error.message})`);
        else reachLimit(limit, folder);
      },
    });
    hints = began;
  }

  function reachLimit(reason: string, folder: RawPath | null): void {
    limited = true;
    unwatchedFolder ??= folder;
    say('limit', reason);
  }

  async function ready(began: object, again: string | null): Promise<void> {
    identity = await rootNow(root);
    if (closed || hints !== began) return;
    watching = true;
    const limit = probeWatchLimit(PROBE_FOLDER);
    if (identity === null) say('stopped', GONE);
    else if (limit !== null) reachLimit(limit, null);
    else if (again !== null && !limited) say('overflow', again);
    // What came while the folders were being listed may have been seen by nobody.
    if (identity !== null) batch.add(root);
    events.onReady();
  }

  function beginAnew(reason: string): void {
    hints?.close();
    watching = false;
    limited = false;
    unwatchedFolder = null;
    begin(reason);
  }

  begin(null);

  return {
    taken: batch.taken,
    lost,
    async probe() {
      if (!watching) return;
      const before = hints;
      const now = await rootNow(root);
      if (closed || hints !== before) return;
      if (now === null) say('stopped', GONE);
      else if (now !== identity || standing === 'stopped') beginAnew(BACK);
      else if (standing === 'limit') {
        if (probeWatchLimit(unwatchedFolder ?? PROBE_FOLDER) === null) beginAnew(ROOM);
      } else {
        const limit = probeWatchLimit(PROBE_FOLDER);
        if (limit !== null) reachLimit(limit, null);
      }
    },
    close() {
      closed = true;
      cancelOverflow?.();
      batch.close();
      hints?.close();
    },
  };
}
