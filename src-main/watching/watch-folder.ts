/**
 * Keeps one watched folder registered: a full pass first, then hints say where to look sooner, and passes again
 * from time to time, because hints get lost. All looks of a folder run one after the other.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { WatchedFolder } from '../../shared/contract/index.ts';
import { rawFromBytes, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { isNetworkRoot, localRoot } from '../storage/index.ts';
import { dueInInbox, restartWaiting } from './inbox.ts';
import { lookAtPaths } from './look-at-paths.ts';
import { reconcile, type ReconcileContext } from './reconcile.ts';
import type { HintSource, ScanTotals, WatchProblem } from './scanner.ts';
import { settleTime } from './settle-time.ts';
import type { Taken } from './take-candidates.ts';

/** Ms between full passes: with hints, without them (network shares, or too many folders to watch), and while a drive is away. */
const PASS = 15 * 60_000;
const PASS_WITHOUT_HINTS = 60_000;
const PASS_NETWORK = 30_000;
const LOOK_FOR_DRIVE = 5_000;
/** Hints are gathered this long; a burst becomes few looks. */
const GATHER = 50;
/** More hinted paths than this are cheaper to walk. */
const MOST_PATHS = 20_000;
const DUE_AT_ONCE = 1000;
/** The wall clock and the steady clock may drift apart this much between two looks before it counts as a jump. */
const CLOCK_JUMP = 5_000;

export interface FolderWatch {
  /** Looks at all of it soon; resolves when that pass is done (or could not be made). */
  look(): Promise<void>;
  /** Health as the window shows it; counts of the registry and the inbox are the caller's. */
  health(): Pick<WatchedFolder, 'health' | 'health_reason' | 'checked_at' | 'n_skipped' | 'n_new' | 'scan'>;
  close(): Promise<void>;
}

export interface WatchFolderContext extends ReconcileContext {
  hints: HintSource;
}

interface State {
  health: WatchedFolder['health'];
  reason: string | null;
  checkedAt: string | null;
  skipped: number;
  registered: number;
  totals: ScanTotals | null;
  problem: WatchProblem | null;
}

export function watchFolder(context: WatchFolderContext, storage: StorageRow): FolderWatch {
  const { clock } = context;
  const stop = new AbortController();
  const state: State = { health: 'scanning', reason: null, checkedAt: null, skipped: 0, registered: 0, totals: null, problem: null };
  const root = localRoot(storage);
  let hinted = new Set<RawPath>();
  let wholePass: PromiseWithResolvers<void> | null = null;
  let walks = new Set<RawPath>();
  let dueAt: number | null = null;
  let running: Promise<void> | null = null;
  let timer: { rings: number; cancel: () => void } | null = null;
  let nextPass = clock.monotonic();
  let network = false;
  let settle = 0;
  let drift = clock.now() - clock.monotonic();

  const unwatch = { now: (): void => undefined };
  function watchHints(): void {
    unwatch.now = context.hints.watch(
      root,
      (paths) => {
        for (const path of paths) {
          const below = relativeRaw(root, path);
          if (below === null || below === '') walks.add('' as RawPath);
          else hinted.add(below);
        }
        if (hinted.size > MOST_PATHS) {
          hinted = new Set();
          walks.add('' as RawPath);
        }
        wakeIn(GATHER);
      },
      (problem) => {
        state.problem = problem.kind === 'overflow' ? state.problem : problem;
        void lookSoon();
      },
    );
  }

  function lookSoon(): Promise<void> {
    wholePass ??= Promise.withResolvers<void>();
    const { promise } = wholePass;
    wakeIn(0);
    return promise;
  }

  function wakeIn(ms: number): void {
    if (running !== null || stop.signal.aborted) return;
    // A timer that rings sooner stays: hints that keep coming must not put the look off for ever.
    const rings = clock.monotonic() + ms;
    if (timer !== null && timer.rings <= rings) return;
    timer?.cancel();
    const cancel = clock.after(ms, () => {
      timer = null;
      running = work().finally(() => {
        running = null;
        wakeIn(untilNext());
      });
    });
    timer = { rings, cancel };
  }

  /** Ms until something is to be done. */
  function untilNext(): number {
    if (wholePass !== null || hinted.size > 0 || walks.size > 0) return GATHER;
    const untilPass = nextPass - clock.monotonic();
    const untilDue = dueAt === null ? Number.POSITIVE_INFINITY : dueAt - clock.now();
    return Math.max(0, Math.min(untilPass, untilDue, CLOCK_JUMP * 2));
  }

  async function work(): Promise<void> {
    await noticeClockJump();
    const asked = wholePass;
    try {
      if (asked !== null || clock.monotonic() >= nextPass) await pass();
      else await looks();
    } catch (error) {
      await takeFailure(error);
    } finally {
      if (asked !== null) {
        if (wholePass === asked) wholePass = null;
        asked.resolve();
      }
    }
    dueAt = stop.signal.aborted ? null : (await dueInInbox(context.workstation, storage.uid, clock.now(), 1)).next;
  }

  /** A jump of the wall clock (sleep, NTP, a person) makes recorded times worthless: begin anew. */
  async function noticeClockJump(): Promise<void> {
    const now = clock.now() - clock.monotonic();
    const jumped = Math.abs(now - drift) > CLOCK_JUMP;
    drift = now;
    if (!jumped) return;
    await restartWaiting(context.workstation, storage.uid, clock.now() + settle);
    nextPass = clock.monotonic();
  }

  async function pass(): Promise<void> {
    if (state.health !== 'offline') setHealth('scanning', null);
    hinted = new Set();
    walks = new Set();
    const before = state.registered;
    const { totals, taken } = await reconcile(context, {
      storage,
      settle,
      signal: stop.signal,
      onTotals: (soFar, takenSoFar) => {
        state.totals = soFar;
        state.registered = before + takenSoFar.registered;
        context.onWatching('folders');
      },
    });
    state.registered = before + taken.registered;
    finishPass(totals);
  }

  function finishPass(totals: ScanTotals): void {
    if (state.problem?.kind === 'stopped') {
      // The folder is there (again): hints are asked for anew.
      unwatch.now();
      state.problem = null;
      watchHints();
    }
    state.skipped = totals.skipped;
    state.totals = null;
    state.checkedAt = new Date(clock.now()).toISOString();
    const withoutHints = state.problem !== null;
    setHealth(withoutHints ? 'partly watched' : 'watching', state.problem?.reason ?? null);
    nextPass = clock.monotonic() + (network ? PASS_NETWORK : withoutHints ? PASS_WITHOUT_HINTS : PASS);
  }

  async function looks(): Promise<void> {
    const { due } = await dueInInbox(context.workstation, storage.uid, clock.now(), DUE_AT_ONCE);
    const paths = new Set([...hinted, ...due.map(({ path }) => rawFromBytes(path))]);
    hinted = new Set();
    const { taken, folders } = await lookAtPaths(context, storage, [...paths], settle, stop.signal);
    count(taken);
    const start = withoutCovered(new Set([...walks, ...folders]));
    walks = new Set();
    if (start.length > 0) count((await reconcile(context, { storage, start, settle, signal: stop.signal })).taken);
    state.checkedAt = new Date(clock.now()).toISOString();
  }

  function count(taken: Taken): void {
    if (taken.registered === 0) return;
    state.registered += taken.registered;
    context.onWatching('folders');
  }

  async function takeFailure(error: unknown): Promise<void> {
    if (stop.signal.aborted) return;
    const offline = error instanceof BenchkeepError && error.code === 'offline';
    const reason = error instanceof Error ? error.message : String(error);
    setHealth(offline ? 'offline' : 'stopped', error instanceof BenchkeepError ? `${reason} ${error.remedy}` : reason);
    nextPass = clock.monotonic() + (offline ? LOOK_FOR_DRIVE : PASS_WITHOUT_HINTS);
    state.totals = null;
    await Promise.resolve();
  }

  function setHealth(health: WatchedFolder['health'], reason: string | null): void {
    state.health = health;
    state.reason = reason;
    context.onWatching('folders');
  }

  async function begin(): Promise<void> {
    network = await isNetworkRoot(storage);
    settle = await settleTime(storage);
    if (stop.signal.aborted) return;
    if (!network) watchHints();
    wakeIn(0);
  }
  const begun = begin();

  return {
    look: lookSoon,
    health: () => ({
      health: state.health,
      health_reason: state.reason,
      checked_at: state.checkedAt,
      n_skipped: state.skipped,
      n_new: state.registered,
      scan: state.totals === null ? null : { files: state.totals.files, bytes: state.totals.bytes, folders: state.totals.folders },
    }),
    async close() {
      stop.abort();
      timer?.cancel();
      unwatch.now();
      await begun;
      await running;
      wholePass?.resolve();
    },
  };
}

/** Folders that lie below another one of the set are walked with it. */
function withoutCovered(folders: ReadonlySet<RawPath>): RawPath[] {
  if (folders.has('' as RawPath)) return ['' as RawPath];
  return [...folders].filter((folder) => {
    for (let above = splitRaw(folder).folder; above !== ''; above = splitRaw(above).folder) if (folders.has(above)) return false;
    return true;
  });
}
