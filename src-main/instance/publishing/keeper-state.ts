/** What a keeper of the published registry knows while an instance is open. */
import type { BenchkeepError } from '../../../shared/errors.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import type { PublishedPlace } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { instanceFolder } from '../instance-card.ts';
import type { RegistryWork } from '../registry-work.ts';
import { warningSlot } from '../warning-slot.ts';
import type { Workbench } from '../workbench.ts';
import { turnIn, type JoinedPlace } from './joined-place.ts';
import { changeMemory, type PublishedMemory } from './published-memory.ts';
import type { TurnContext } from './take-turn.ts';

export interface KeepPublishedContext {
  workbench: Workbench;
  joined: JoinedPlace;
  /** Of the open instance. */
  warnings: string[];
  /** Stays open: publishes when it is quiet and keeps the turn. Else only at its close, if there is something new. */
  stays: boolean;
  work: Pick<RegistryWork, 'makeSnapshot'>;
  /** Head of the registry as it was opened. */
  head: Head;
  /** Root of the default storage as the registry had it then. */
  storage: string;
  /** After `warnings` or `info` changed. */
  onNews: () => void;
  /** Who has the turn has changed, or what is published has: the instance is to be opened anew. */
  onTurn: () => void;
}

export interface KeeperState {
  context: KeepPublishedContext;
  folder: RawPath;
  place: PublishedPlace;
  memory: PublishedMemory;
  /** Of the registry as it is now. */
  head: Head;
  /** The turn to write is this opening's. */
  holds: boolean;
  /** Under way. */
  renewing: Promise<void> | null;
  /** When it was last heard of. */
  renewed: { monotonic: number; wall: number };
  /** Why nothing may be written any more until it is opened anew. */
  refused: BenchkeepError | null;
  diverged: boolean;
  /** What is published has been looked at since the turn was taken. */
  isProven: boolean;
  /** Tags of snapshots that hold nothing that is not known here. */
  known: Set<string>;
  /** By the clock that never jumps. */
  lastChange: number;
  firstUnpublished: number | null;
  isWritten: boolean;
  /** A person wants what is published there as it is. */
  leavesUnpublished: boolean;
  /** The place that it was published in before is asked again then, by the clock that never jumps. */
  leftNext: { at: number; wait: number };
  stopping: AbortController;
  warn: (text: string | null) => boolean;
  warnOfLeft: (text: string | null) => boolean;
}

export function keeperState(
  context: KeepPublishedContext,
  place: PublishedPlace,
  memory: PublishedMemory,
): KeeperState {
  const { joined, workbench, warnings } = context;
  return {
    context,
    folder: instanceFolder(workbench.home, joined.card.uid),
    place,
    memory,
    head: context.head,
    holds: joined.holds,
    renewing: null,
    renewed: nowOf(workbench),
    refused: null,
    diverged: joined.diverged,
    isProven: joined.holds,
    known: new Set(joined.tag === null ? [] : [joined.tag]),
    lastChange: -Infinity,
    firstUnpublished: null,
    isWritten: false,
    leavesUnpublished: false,
    leftNext: { at: 0, wait: 60_000 },
    stopping: new AbortController(),
    warn: warningSlot(warnings, joined.notReached),
    warnOfLeft: warningSlot(warnings),
  };
}

export function nowOf({ clock }: Pick<Workbench, 'clock'>): KeeperState['renewed'] {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/** Something here is not published. */
export function isDue({ memory: { seen }, place, head }: KeeperState): boolean {
  return seen?.root !== place.root || seen.head.hash !== head.hash || seen.head.id !== head.id;
}

export function isReadOnly({ context }: KeeperState): boolean {
  return context.joined.readOnly !== null;
}

export function turnContext(
  { context: { joined } }: KeeperState,
  place: PublishedPlace,
  signal: AbortSignal,
): TurnContext {
  return turnIn(joined, place, signal);
}

export async function remember(state: KeeperState, patch: Partial<PublishedMemory>): Promise<void> {
  state.memory = await changeMemory(state.context.workbench.fs, state.folder, patch);
}

/** Nothing is written from here on, and the instance is opened anew. */
export function turnAway(state: KeeperState, error: BenchkeepError): void {
  state.refused ??= error;
  state.context.onTurn();
}

export function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
