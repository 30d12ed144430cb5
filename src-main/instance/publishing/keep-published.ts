/**
 * Keeps the turn to write and the published registry up to date while an instance is open: when it is quiet after
 * changes, and at its close. What fails is tried again later and told; nobody waits for it.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { PublishedInfo } from '../../../shared/contract/index.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Committed } from '../../registry/change-log.ts';
import { instanceFolder } from '../instance-card.ts';
import { readOnlyError } from '../open-instance.ts';
import { DIVERGED, heldByOthers, movedAway } from './published-words.ts';
import { answered, beforeWriting, lookForTurn, notAnswered, noteSight } from './keep-turn.ts';
import {
  isDue,
  isReadOnly,
  keeperState,
  remember,
  type KeepPublishedContext,
  type KeeperState,
} from './keeper-state.ts';
import { leavePublished } from './leave-published.ts';
import { movePlace, wayOf } from './move-place.ts';
import { AT_LATEST, publishWhenQuiet, succeeded } from './publish-changes.ts';
import { publishNow } from './publish-now.ts';
import { publishBeside, type PublishAnswer } from './publish-registry.ts';
import { readMemory } from './published-memory.ts';

export interface PublishedKeeper {
  committed(committed: Pick<Committed, 'head'>): void;
  /** Before somebody writes. Errors: `registry_read_only` where somebody else has the turn. */
  beforeWriting(): Promise<void>;
  /** Now. Errors: `refused` (diverged, nowhere to publish), `registry_read_only`, those of the place. */
  publish(options: { beside: boolean }): Promise<PublishAnswer>;
  /** `storage`: root of the default storage now. */
  info(storage: string): PublishedInfo | null;
  /** What is published stays as it is at the close: a person wants to have that one. */
  leaveUnpublished(): void;
  /** Ends what is under way; to be called before the instance is closed. */
  stop(): Promise<void>;
  /** Publishes what is new and gives the turn back, for some seconds at most; once the instance is closed. */
  leave(): Promise<void>;
}

/** Ms between two looks at the turn, and at what is to be published. */
export const LOOK_EVERY = 15_000;

export async function keepPublished(context: KeepPublishedContext): Promise<PublishedKeeper> {
  const { workbench, joined, stays } = context;
  const { place } = joined;
  if (place === null) return publishedNowhere();
  const { clock } = workbench;
  const folder = instanceFolder(workbench.home, joined.card.uid);
  const state = keeperState(context, place, await readMemory(workbench.fs, folder));
  const { stopping } = state;
  if (isReadOnly(state)) noteSight(state);
  else if (joined.problem !== null) await notAnswered(state, joined.problem);
  else await settledIn(state);
  // What an earlier opening did not get published goes with the first look.
  if (isDue(state)) state.firstUnpublished = clock.monotonic() - AT_LATEST;

  // One after the other. Beside it the turn is renewed: an upload may take longer than a turn lasts.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(what: () => Promise<T>): Promise<T> {
    const mine = last.then(what, what);
    last = mine.catch(() => undefined);
    return mine;
  }
  let looking: Promise<void> = Promise.resolve();
  if (stays) {
    repeat(clock, stopping.signal, LOOK_EVERY, () => (looking = lookForTurn(state)));
    // At once where nothing was ever published: a new instance is there for others from its beginning.
    const first = state.memory.seen === null || wayOf(state) !== null ? 0 : LOOK_EVERY;
    repeat(clock, stopping.signal, first, () => inTurn(() => publishWhenQuiet(state)));
  }

  return {
    committed({ head }) {
      state.head = head;
      state.lastChange = clock.monotonic();
      state.firstUnpublished ??= state.lastChange;
    },
    beforeWriting: () => beforeWriting(state),
    publish: ({ beside }) => inTurn(() => publish(state, beside).catch(closedOr(stopping.signal))),
    info: (storage) => infoOf(state, storage),
    leaveUnpublished() {
      state.leavesUnpublished = true;
    },
    async stop() {
      stopping.abort();
      await Promise.all([last, looking]);
    },
    leave: () => leavePublished(state),
  };
}

/** Each time `ms` after the last one ended; the first time after `first`. */
function repeat(clock: Clock, signal: AbortSignal, first: number, work: () => Promise<unknown>): void {
  const next = (ms: number): void => {
    if (signal.aborted) return;
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', cancel);
      void work().finally(() => {
        next(LOOK_EVERY);
      });
    });
    signal.addEventListener('abort', cancel, { once: true });
  };
  next(first);
}

/** The place answered, and nothing there is ahead of what is here. */
async function settledIn(state: KeeperState): Promise<void> {
  const { where, left } = state.context.joined;
  await answered(state);
  if (!state.diverged && where !== null && where.root !== state.memory.place?.root)
    await remember(state, { place: where, ...(left === null ? {} : { left }) });
}

/** Because a person says so. */
async function publish(state: KeeperState, beside: boolean): Promise<PublishAnswer> {
  const { context, folder, memory, stopping } = state;
  const { workbench, work, joined, onTurn } = context;
  const { signal } = stopping;
  if (isReadOnly(state)) throw readOnlyError(joined.readOnly ?? '');
  if (state.refused !== null) throw state.refused;
  if (beside) {
    const request = { folder, uid: joined.card.uid, place: state.place, self: joined.self, memory, signal };
    return publishBeside(workbench, work, request);
  }
  const way = wayOf(state);
  if (way !== null) {
    await movePlace(state, way, signal, { anyway: true });
    onTurn();
  }
  const done = await publishNow(state, signal);
  if (done.kind === 'held') throw readOnlyError(heldByOthers(done.holder));
  if (done.kind === 'moved') throw readOnlyError(movedAway(state.place.root));
  if (done.kind === 'not ahead') {
    const [message = '', ...rest] = DIVERGED.split(/(?<=made in both)\. /);
    throw new BenchkeepError('refused', message, rest.join(' '));
  }
  state.firstUnpublished = null;
  await succeeded(state);
  const { size, head } = done.note;
  return { kind: done.kind, path: `${state.place.root}/.lamindb/benchkeep.db`, lastChange: head.id, size };
}

/** What ends because the instance is closed is no fault. */
function closedOr(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    if (!signal.aborted || error instanceof BenchkeepError) throw error;
    throw new BenchkeepError('cancelled', 'The instance was closed', 'Run it again.', { retry: true });
  };
}

function infoOf(state: KeeperState, storage: string): PublishedInfo {
  const { memory, place, head, holds, diverged, context } = state;
  return {
    root: place.root,
    at: memory.seen?.at ?? null,
    last_change: memory.seen?.head.id ?? null,
    unpublished: isDue(state) ? Math.max(0, head.id - (memory.seen?.head.id ?? 0)) : 0,
    holds,
    diverged,
    problem: memory.failed?.message ?? null,
    moves: wayOf(state) !== null || storage !== context.storage,
  };
}

function publishedNowhere(): PublishedKeeper {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    committed: () => undefined,
    beforeWriting: nothing,
    publish: () =>
      Promise.reject(
        new BenchkeepError(
          'refused',
          'There is no place to publish this registry in',
          'Choose a default storage that this computer reaches: benchkeep storage use ROOT',
        ),
      ),
    info: () => null,
    leaveUnpublished: () => undefined,
    stop: nothing,
    leave: nothing,
  };
}
