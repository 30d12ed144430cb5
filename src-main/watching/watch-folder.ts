/**
 * Keeps one watched folder registered: a full pass first, then hints say where to look sooner, and passes again
 * from time to time, because hints get lost. All looks of a folder run one after the other.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { WatchedFolder } from '../../shared/contract/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { isNetworkRoot, localRoot } from '../storage/index.ts';
import { answeringFs } from './answering-fs.ts';
import { alarm } from './alarm.ts';
import { dueInInbox, restartInbox } from './inbox.ts';
import { decideGone, restartGone, type GoneDecision } from './decide-gone.ts';
import { pendingHints } from './pending-hints.ts';
import { reconcile, type ReconcileContext } from './reconcile.ts';
import type { HintSource, ScanTotals, WatchProblem } from './scanner.ts';
import { settleTime } from './settle-time.ts';
import type { Taken } from './take-candidates.ts';

/** Ms between full passes: with hints, without them (network shares, or too many folders to watch), and while a drive is away. */
const PASS = 15 * 60_000;
const PASS_WITHOUT_HINTS = 60_000;
const PASS_NETWORK = 30_000;
const LOOK_FOR_DRIVE = 5_000;
/** Hints are gathered this long (ms); a burst becomes few looks. */
const GATHER = 50;
const DUE_AT_ONCE = 1000;
/** The wall clock and the steady clock may drift apart this much (ms) between two looks before it counts as a jump. */
const CLOCK_JUMP = 5_000;
const LOOK_AT_CLOCK = 10_000;

export interface FolderWatch {
  /** Looks at all of it soon; resolves when a pass that began after this call is done (or could not be made). */
  look(): Promise<void>;
  /** Looks now at what is due in the inbox. */
  wake(): void;
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
  /** Files that are gone at once: held until a person says what became of them. */
  held: number;
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function possibleLoss(n: number): string {
  return `${String(n)} files are gone at once. Nothing was changed in the registry. Say whether they are really gone, or put them back.`;
}

export function watchFolder(given: WatchFolderContext, storage: StorageRow): FolderWatch {
  const context = { ...given, fs: answeringFs(given.fs, given.clock) };
  const { clock } = context;
  const root = localRoot(storage);
  const stop = new AbortController();
  const state: State = {
    health: 'scanning',
    reason: null,
    checkedAt: null,
    skipped: 0,
    registered: 0,
    totals: null,
    problem: null,
    held: 0,
  };
  const hints = pendingHints(root);
  const bell = alarm(clock, () => {
    running = work().finally(() => {
      running = null;
      if (!stop.signal.aborted) bell.ringIn(untilNext());
    });
  });
  let running: Promise<void> | null = null;
  let asked: PromiseWithResolvers<void> | null = null;
  let nextPass = clock.monotonic();
  let dueAt: number | null = null;
  let goneDueAt: number | null = null;
  let drift = clock.now() - clock.monotonic();
  let unwatch: (() => void) | null = null;

  function wakeIn(ms: number): void {
    // What is at work looks by itself what came meanwhile.
    if (running === null && !stop.signal.aborted) bell.ringIn(ms);
  }

  function lookSoon(): Promise<void> {
    if (stop.signal.aborted) return Promise.resolve();
    asked ??= Promise.withResolvers<void>();
    wakeIn(0);
    return asked.promise;
  }

  function watchHints(): void {
    unwatch?.();
    state.problem = null;
    unwatch = context.hints.watch(
      root,
      (paths) => {
        hints.add(paths);
        wakeIn(GATHER);
      },
      (problem) => {
        state.problem = problem.kind === 'overflow' ? null : problem;
        void lookSoon();
      },
    );
  }

  /** Ms until something is to be done. */
  function untilNext(): number {
    if (asked !== null) return 0;
    if (!hints.isEmpty()) return GATHER;
    const untilDue = dueAt === null ? Number.POSITIVE_INFINITY : dueAt - clock.now();
    return Math.max(0, Math.min(nextPass - clock.monotonic(), untilDue, LOOK_AT_CLOCK));
  }

  async function work(): Promise<void> {
    const answer = asked;
    asked = null;
    try {
      await noticeClockJump();
      if (answer !== null || clock.monotonic() >= nextPass) await pass();
      else await looks();
      dueAt = earliest((await dueInInbox(context.workstation, storage.uid, clock.now(), 1)).next, goneDueAt);
    } catch (error) {
      takeFailure(error);
    }
    answer?.resolve();
  }

  /** A jump of the wall clock (sleep, NTP, a person) makes recorded times worthless: begin anew. */
  async function noticeClockJump(): Promise<void> {
    const now = clock.now() - clock.monotonic();
    const jumped = Math.abs(now - drift) > CLOCK_JUMP;
    drift = now;
    if (!jumped) return;
    nextPass = clock.monotonic();
    await restartInbox(context.workstation, storage.uid, clock.now() + (await settleTime(storage)));
    await restartGone(context, storage.uid);
  }

  async function pass(): Promise<void> {
    const wasOffline = state.health === 'offline';
    if (!wasOffline) setHealth('scanning', null);
    // Asked each time: what is mounted at the place may have changed.
    const network = await isNetworkRoot(storage);
    if (network) {
      unwatch?.();
      unwatch = null;
    } else if (unwatch === null || wasOffline) watchHints();
    hints.take();
    const before = state.registered;
    const { totals, taken, moved, gone } = await reconcile(context, {
      storage,
      settle: await settleTime(storage),
      signal: stop.signal,
      onTotals: (soFar, takenSoFar) => {
        state.totals = soFar;
        state.registered = before + takenSoFar.registered;
        if (state.health === 'offline') setHealth('scanning', null);
        else context.onWatching('folders');
      },
    });
    state.registered = before + taken.registered;
    state.skipped = totals.skipped;
    state.totals = null;
    noteChecked();
    nextPass = clock.monotonic() + (network ? PASS_NETWORK : state.problem === null ? PASS : PASS_WITHOUT_HINTS);
    noteGone(gone, moved);
  }

  function noteGone(gone: GoneDecision, moved: number): void {
    goneDueAt = gone.next;
    state.held = gone.held;
    if (gone.held > 0) setHealth('possible loss', possibleLoss(gone.held));
    else setHealth(state.problem === null ? 'watching' : 'partly watched', state.problem?.reason ?? null);
    if (moved > 0) context.onWatching('folders');
  }

  async function looks(): Promise<void> {
    const { due } = await dueInInbox(context.workstation, storage.uid, clock.now(), DUE_AT_ONCE);
    const start = hints.take(due);
    if (start.length === 0) {
      if (goneDueAt !== null && goneDueAt <= clock.now()) noteGone(await decideGone(context, storage), 0);
      return;
    }
    const { taken, moved, gone } = await reconcile(context, {
      storage,
      start,
      settle: await settleTime(storage),
      signal: stop.signal,
    });
    noteChecked();
    noteGone(gone, moved);
    count(taken);
  }

  function noteChecked(): void {
    state.checkedAt = new Date(clock.now()).toISOString();
  }

  function count(taken: Taken): void {
    if (taken.registered === 0) return;
    state.registered += taken.registered;
    context.onWatching('folders');
  }

  /** What was to be looked at is covered by the pass that follows. */
  function takeFailure(error: unknown): void {
    if (stop.signal.aborted) return;
    const offline = error instanceof BenchkeepError && error.code === 'offline';
    const message = error instanceof Error ? error.message : String(error);
    const reason = offline
      ? message
      : `${message}. ${error instanceof BenchkeepError ? error.remedy : 'It is tried again in a minute.'}`;
    dueAt = null;
    const again = clock.monotonic() + (offline ? LOOK_FOR_DRIVE : PASS_WITHOUT_HINTS);
    nextPass = nextPass > clock.monotonic() ? Math.min(nextPass, again) : again;
    state.totals = null;
    setHealth(offline ? 'offline' : 'stopped', reason);
  }

  function setHealth(health: WatchedFolder['health'], reason: string | null): void {
    if (state.health === health && state.reason === reason) return;
    state.health = health;
    state.reason = reason;
    context.onWatching('folders');
  }

  wakeIn(0);
  return {
    look: lookSoon,
    wake() {
      dueAt = clock.now();
      wakeIn(0);
    },
    health: () => ({
      health: state.health,
      health_reason: state.reason,
      checked_at: state.checkedAt,
      n_skipped: state.skipped,
      n_new: state.registered,
      scan:
        state.totals === null
          ? null
          : { files: state.totals.files, bytes: state.totals.bytes, folders: state.totals.folders },
    }),
    async close() {
      stop.abort();
      bell.silence();
      unwatch?.();
      unwatch = null;
      await running;
      asked?.resolve();
      asked = null;
    },
  };
}
