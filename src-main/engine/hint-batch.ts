/** Gathers hints so that a burst becomes few messages of bounded size, however slow the engine takes them. */
import type { Clock } from '../ports/clock.ts';
import { splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** Ms that a hint waits for others. */
const GATHER = 50;
/** More paths than this become their folders; more folders than this are given up for a scan. */
const MOST_PATHS = 5000;
const MOST_FOLDERS = 5000;

export interface HintBatch {
  add(path: RawPath): void;
  /** The batch sent last was worked off. */
  taken(): void;
  close(): void;
}

/** `send` gets each batch; `overflow` is called where there were too many hints to keep. */
export function hintBatch(
  { clock }: { clock: Pick<Clock, 'after'> },
  root: RawPath,
  send: (paths: RawPath[]) => void,
  overflow: () => void,
): HintBatch {
  let pending = new Set<RawPath>();
  let collapsed = false;
  let given = false;
  let underWay = false;
  let cancelTimer: (() => void) | null = null;

  /** What happened at the root itself is a hint for all of it. */
  function folderOf(path: RawPath): RawPath {
    return path === root ? root : splitRaw(path).folder;
  }

  function add(path: RawPath): void {
    if (given) return;
    pending.add(collapsed ? folderOf(path) : path);
    if (!collapsed && pending.size > MOST_PATHS) {
      collapsed = true;
      pending = new Set([...pending].map(folderOf));
    }
    if (collapsed && pending.size > MOST_FOLDERS) {
      given = true;
      pending = new Set();
    }
    schedule();
  }

  function schedule(): void {
    if (cancelTimer !== null || underWay) return;
    cancelTimer = clock.after(GATHER, flush);
  }

  function flush(): void {
    cancelTimer = null;
    const paths = [...pending];
    const lost = given;
    pending = new Set();
    collapsed = false;
    given = false;
    if (lost) overflow();
    if (paths.length === 0) return;
    underWay = true;
    send(paths);
  }

  return {
    add,
    taken() {
      underWay = false;
      if (pending.size > 0 || given) schedule();
    },
    close() {
      cancelTimer?.();
      cancelTimer = null;
      given = true;
      pending = new Set();
      underWay = true;
    },
  };
}
