/**
 * Keeps the turn to write and the published registry up to date while an instance is open: when it is quiet after
 * changes, and at its close. What fails is tried again later and told; nobody waits for it.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { PublishedInfo } from '../../../shared/contract/index.ts';
import type { Committed } from '../../registry/change-log.ts';
import type { PublishedNote } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { instanceFolder, readCard, registryPath } from '../instance-card.ts';
import { readOnlyError } from '../open-instance.ts';
import { whileOwning } from '../own-instance.ts';
import type { RegistryWork } from '../registry-work.ts';
import { warningSlot } from '../warning-slot.ts';
import type { Workbench } from '../workbench.ts';
import { DIVERGED, heldByOthers, within, type JoinedPlace } from './join-published.ts';
import { GONE_AFTER, holdingOf, next, RENEW_EVERY } from './lease.ts';
import { placeOf } from './place-of.ts';
import { publishBeside, publishRegistry, type PublishAnswer } from './publish-registry.ts';
import type { Published } from './publish-snapshot.ts';
import { changeMemory, readMemory } from './published-memory.ts';
import { giveTurnBack, takeTurn, type TurnContext } from './take-turn.ts';

export interface KeepPublishedContext {
  workbench: Workbench;
  joined: JoinedPlace;
  /** Of the open instance. */
  warnings: string[];
  /** Stays open: publishes when it is quiet and keeps the turn. Else only at its close, if it was written to. */
  stays: boolean;
  work: Pick<RegistryWork, 'makeSnapshot'>;
  /** Head of the registry as it was opened. */
  head: Head;
  /** After `warnings` or `info` changed. */
  onNews: () => void;
  /** Who has the turn has changed, or what is published has: the instance is to be opened anew. */
  onTurn: () => void;
}

export interface PublishedKeeper {
  committed(committed: Pick<Committed, 'head'>): void;
  /** Before somebody writes. Errors: `registry_read_only` where somebody else has the turn. */
  beforeWriting(): Promise<void>;
  /** Now. Errors: `refused` (diverged, nowhere to publish), `registry_read_only`, those of the place. */
  publish(options: { beside: boolean }): Promise<PublishAnswer>;
  info(): PublishedInfo | null;
  /** Ends what is under way; to be called before the instance is closed. */
  stop(): Promise<void>;
  /** Publishes what is new and gives the turn back, for a few seconds at most; once the instance is closed. */
  leave(): Promise<void>;
}

const MINUTE = 60_000;
/** Ms without a change, and ms after the first one, after which what is new is published. */
export const QUIET = 2 * MINUTE;
export const AT_LATEST = 15 * MINUTE;
/** Ms for the place to answer before somebody writes, and at the end. */
const PATIENCE = 3000;
const MOST_BACK_OFF = 30 * MINUTE;
/** Ms for one publishing. */
const LONGEST = 60 * MINUTE;
/** Bytes of a registry that each command publishes at its end; a larger one so often (ms). */
const SMALL = 16 * 1024 * 1024;
const SELDOM = 5 * MINUTE;
/** Ms between two looks whether the turn is free. */
const LOOK_EVERY = MINUTE;

export async function keepPublished(context: KeepPublishedContext): Promise<PublishedKeeper> {
  const { workbench, joined, warnings, stays, work, onNews, onTurn } = context;
  const { fs, clock, random, home } = workbench;
  const { place, self, card } = joined;
  const folder = instanceFolder(home, card.uid);
  const warn = warningSlot(warnings, joined.notReached);
  let memory = await readMemory(fs, folder);
  let { head } = context;
  let holds = joined.holds;
  let diverged = joined.diverged;
  let note: PublishedNote | null = joined.state?.published ?? null;
  let renewed = { monotonic: clock.monotonic(), wall: clock.now() };
  let watched = { turn: joined.state?.turn ?? -1, since: clock.monotonic() };
  let isWritten = false;
  let lastChange = -Infinity;
  let firstUnpublished: number | null = isDue() ? clock.monotonic() - AT_LATEST : null;
  const stopping = new AbortController();
  let cancelTimers: (() => void)[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const isReadOnly = (): boolean => joined.readOnly !== null;
  function isDue(): boolean {
    const seen = memory.seen;
    return place !== null && (seen?.root !== place.root || seen.head.hash !== head.hash || seen.head.id !== head.id);
  }
  const now = (): string => new Date(clock.now()).toISOString();

  function inTurn<T>(what: () => Promise<T>): Promise<T> {
    const mine = turn.then(what, what);
    turn = mine.catch(() => undefined);
    return mine;
  }
  const turnContext = (at: NonNullable<typeof place>, signal: AbortSignal): TurnContext => ({
    place: at,
    self,
    now,
    unchangedFor: (n) => (watched.turn === n ? clock.monotonic() - watched.since : 0),
    signal,
  });

  /** True where it is ours. Errors: `registry_read_only`, those of the place. */
  async function renew(signal: AbortSignal): Promise<void> {
    if (place === null) return;
    const taken = await takeTurn(turnContext(place, signal));
    renewed = { monotonic: clock.monotonic(), wall: clock.now() };
    note = taken.state.published;
    if (taken.kind === 'mine') {
      holds = true;
      joined.state = taken.state;
      return;
    }
    holds = false;
    throw readOnlyError(heldByOthers(taken.holder));
  }

  /** What somebody else published while this computer could not ask. */
  async function isOvertaken(signal: AbortSignal): Promise<boolean> {
    const there = await place?.lookAtSnapshot({ signal });
    return (
      there !== null &&
      there !== undefined &&
      memory.seen?.tag !== there.tag &&
      note?.workstation_uid !== self.workstationUid
    );
  }

  async function publishNow(signal: AbortSignal, to = place): Promise<Published | null> {
    if (to === null) return null;
    const request = { folder, uid: card.uid, place: to, self, memory, signal };
    const done = await publishRegistry(workbench, work, request, (seen) => {
      memory = seen;
    });
    if (done?.kind === 'published' || done?.kind === 'current') {
      ({ note } = done);
      diverged = false;
    }
    return done;
  }

  /** Tells what failed, and when it is tried again. */
  async function failed(error: BenchkeepError): Promise<void> {
    const attempts = (memory.failed?.attempts ?? 0) + 1;
    const since = memory.failed?.since ?? clock.now();
    const next = clock.now() + Math.min(MOST_BACK_OFF, MINUTE * 2 ** (attempts - 1));
    const message = `${error.message}. ${error.remedy}`;
    memory = await changeMemory(fs, folder, { failed: { attempts, since, next, message } });
    if (warn(`The registry could not be published since ${minuteOf(since)}: ${message}`)) onNews();
  }

  async function succeeded(): Promise<void> {
    if (memory.failed !== null) memory = await changeMemory(fs, folder, { failed: null });
    if (warn(diverged && !warnings.includes(DIVERGED) ? DIVERGED : null)) onNews();
  }

  async function look(): Promise<void> {
    if (place === null || stopping.signal.aborted) return;
    const { signal } = stopping;
    try {
      if (isReadOnly()) {
        if (await hasTurnedFree(signal)) onTurn();
        return;
      }
      if (!holds || clock.monotonic() - renewed.monotonic >= RENEW_EVERY || clock.now() - renewed.wall >= RENEW_EVERY) {
        await within(workbench, PATIENCE * 4, renew);
        if (!diverged && (await isOvertaken(signal))) {
          onTurn();
          return;
        }
      }
      const mayTry = memory.failed === null || clock.now() >= memory.failed.next || clock.now() < memory.failed.since;
      if (firstUnpublished !== null && isDue() && mayTry && !diverged) {
        const isQuiet = clock.monotonic() - lastChange >= QUIET;
        if (isQuiet || clock.monotonic() - firstUnpublished >= AT_LATEST) {
          const before = head;
          const done = await within(workbench, LONGEST, (late) => publishNow(AbortSignal.any([late, signal])));
          if (done?.kind === 'not ahead') {
            diverged = true;
            onTurn();
            return;
          }
          if (head === before) firstUnpublished = null;
          else firstUnpublished = clock.monotonic();
          onNews();
        }
      }
      await succeeded();
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!(error instanceof BenchkeepError)) throw error;
      if (error.code === 'registry_read_only') onTurn();
      else await failed(error);
    }
  }

  async function hasTurnedFree(signal: AbortSignal): Promise<boolean> {
    if (place === null) return false;
    const read = await place.readState({ signal });
    const state = read?.state ?? null;
    if (holdingOf(state, self) !== 'other') return true;
    if (state !== null && state.turn !== watched.turn) watched = { turn: state.turn, since: clock.monotonic() };
    if (clock.monotonic() - watched.since >= GONE_AFTER) return true;
    return isOvertaken(signal);
  }

  function soon(ms: number): void {
    cancelTimers = [
      clock.after(ms, () => {
        void inTurn(look).finally(() => {
          if (!stopping.signal.aborted) soon(stays ? LOOK_EVERY / 4 : LOOK_EVERY);
        });
      }),
    ];
  }
  // At once where nothing was ever published: a new instance is there for others from its beginning.
  if (stays && place !== null) soon(memory.seen === null ? 0 : LOOK_EVERY / 4);

  return {
    committed(committed) {
      ({ head } = committed);
      isWritten = true;
      lastChange = clock.monotonic();
      firstUnpublished ??= lastChange;
    },
    async beforeWriting() {
      if (place === null || isReadOnly()) return;
      const isFresh =
        clock.monotonic() - renewed.monotonic < 2 * RENEW_EVERY &&
        Math.abs(clock.now() - renewed.wall) < 2 * RENEW_EVERY;
      // A computer that slept, and a command that only writes now.
      if (holds ? isFresh : !stays && !joined.asked) return;
      if (!holds && stays && isFresh) return;
      try {
        await within(workbench, PATIENCE, renew);
      } catch (error) {
        if (!(error instanceof BenchkeepError)) throw error;
        if (error.code === 'registry_read_only') {
          if (stays) onTurn();
          throw error;
        }
        // Not to be asked: writing goes on here, and what others did meanwhile is noticed when it is published.
        renewed = { monotonic: clock.monotonic(), wall: clock.now() };
      }
    },
    publish({ beside }) {
      return inTurn(async () => {
        if (place === null) throw nowhere();
        if (isReadOnly()) throw readOnlyError(joined.readOnly ?? '');
        if (beside)
          return publishBeside(workbench, work, {
            folder,
            uid: card.uid,
            place,
            self,
            memory,
            signal: stopping.signal,
          });
        const done = await publishNow(stopping.signal);
        if (done === null) throw nowhere();
        if (done.kind === 'held') throw readOnlyError(heldByOthers(done.holder));
        if (done.kind === 'not ahead') {
          const [message = '', ...rest] = DIVERGED.split(/(?<=made in both)\. /);
          throw new BenchkeepError('refused', message, rest.join(' '));
        }
        firstUnpublished = null;
        await succeeded();
        onNews();
        const { size, head: last } = done.note;
        return { kind: done.kind, path: `${place.root}/.lamindb/benchkeep.db`, lastChange: last.id, size };
      });
    },
    info() {
      if (place === null) return null;
      return {
        root: place.root,
        at: memory.seen?.at ?? null,
        last_change: memory.seen?.head.id ?? null,
        unpublished: isDue() ? Math.max(0, head.id - (memory.seen?.head.id ?? 0)) : 0,
        holds,
        diverged,
        problem: memory.failed?.message ?? null,
      };
    },
    async stop() {
      stopping.abort();
      for (const cancel of cancelTimers) cancel();
      await turn;
    },
    async leave() {
      if (place === null || isReadOnly()) return;
      const mayTry = memory.failed === null || stays || clock.now() >= memory.failed.next;
      try {
        await whileOwning({ clock, random }, card, folder, async () => {
          try {
            const moved = await within(workbench, PATIENCE, async (signal) => {
              if (await hasMoved(signal)) return true;
              if (mayTry && isDue() && !diverged && (await isWorthIt())) await publishNow(signal);
              return false;
            });
            // With changes that are only here the turn stays here, until another computer takes it for gone.
            if (moved || !holds || (isDue() && !diverged)) return;
            await within(workbench, PATIENCE / 2, (signal) => giveTurnBack(turnContext(place, signal)));
          } catch (error) {
            if (!(error instanceof BenchkeepError)) throw error;
            await failed(error);
          }
        });
      } catch (error) {
        // Somebody opens it already: that one goes on with it.
        if (!(error instanceof BenchkeepError) || error.code !== 'locked') throw error;
      }
    },
  };

  /** The default storage is another one: published there, and what is at the old place says so. */
  async function hasMoved(signal: AbortSignal): Promise<boolean> {
    const latest = await readCard(fs, folder);
    const to = latest === null || diverged ? null : await placeOf(workbench, latest);
    if (to === null || latest === null || place === null || to.root === place.root) return false;
    memory = await changeMemory(fs, folder, { left: { root: place.root, options: card.storage_options ?? null } });
    const done = await publishNow(signal, to);
    if (done?.kind !== 'published' && done?.kind !== 'current') return true;
    await giveTurnBack(turnContext(to, signal));
    const moved = { root: to.root, options: latest.storage_options ?? null };
    const read = await place.readState({ signal });
    await place.writeState(
      next(read?.state ?? null, self, { holder: null, published: null, moved_to: moved }),
      read?.tag ?? null,
      { signal },
    );
    await place.removeSnapshot({ signal });
    memory = await changeMemory(fs, folder, { left: null });
    return true;
  }

  /** A command that wrote nothing publishes nothing; after one that did, a large registry goes now and then. */
  async function isWorthIt(): Promise<boolean> {
    if (stays) return true;
    if (!isWritten && memory.seen !== null) return false;
    const { size = 0 } = (await fs.look(registryPath(folder))) ?? {};
    const age = memory.seen === null ? Infinity : Math.abs(clock.now() - Date.parse(memory.seen.at));
    return size <= SMALL || age >= SELDOM;
  }
}

function nowhere(): BenchkeepError {
  return new BenchkeepError(
    'refused',
    'There is no place to publish this registry in',
    'Choose a default storage that this computer reaches: benchkeep storage use ROOT',
  );
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
