/**
 * Before an instance is opened: takes the turn to write where it is published, and fetches what was done elsewhere.
 * Nothing here may keep a person from working: a place that does not answer soon is asked again later.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import { wait } from '../../ports/clock.ts';
import { keptSignInsIn, type PlaceState, type PublishedPlace } from '../../storage/index.ts';
import { findInstance } from '../find-instance.ts';
import { instanceFolder, workstationPath, type InstanceCard } from '../instance-card.ts';
import { whileOwning } from '../own-instance.ts';
import type { Workbench } from '../workbench.ts';
import { followPublished, type Followed } from './follow-published.ts';
import { holderInWords, holdingOf, type Self } from './lease.ts';
import { placeAt, placeOf, recordedRoot, selfOf } from './place-of.ts';
import { readMemory } from './published-memory.ts';
import { takeTurn } from './take-turn.ts';

export interface JoinedPlace {
  /** With stores that are signed in as the instance is; whoever keeps on with it closes them. */
  workbench: Workbench;
  card: InstanceCard;
  place: PublishedPlace | null;
  self: Self;
  /** Of the record when it was last read; null where there is none, or it could not be asked. */
  state: PlaceState | null;
  /** The place answered. */
  asked: boolean;
  /** This opening has the turn. */
  holds: boolean;
  /** Why nothing may be written, in plain words; null where it may. */
  readOnly: string | null;
  /** What a person should know, in plain words. */
  warnings: string[];
  /** Of the warnings that which holds until the place is reached; null where it was. */
  notReached: string | null;
  /** The published copy has gone another way than this one. */
  diverged: boolean;
}

export interface JoinOptions {
  /** Takes the turn at once; else only when something is written. */
  takes: boolean;
  /** Ms for the place to answer, and for what is published to come. */
  patience?: number;
}

/** Ms. */
const PATIENCE = 3000;
const MOST_MOVES = 5;
const FETCHING = 10 * 60_000;

/** Errors: `not_found`, `locked`, those of the disk; never those of the place. */
export async function joinPublished(outside: Workbench, name: string, options: JoinOptions): Promise<JoinedPlace> {
  const card = await findInstance(outside, name);
  const { fs, clock, home } = outside;
  const folder = instanceFolder(home, card.uid);
  const kept = keptSignInsIn(workstationPath(folder));
  const workbench = { ...outside, stores: outside.stores.ofInstance(kept) };
  const self = selfOf(workbench, card.uid);
  const joined: JoinedPlace = {
    workbench,
    card,
    place: await placeOf(workbench, card),
    self,
    state: null,
    asked: false,
    holds: false,
    readOnly: null,
    warnings: [],
    notReached: null,
    diverged: false,
  };
  if (joined.place === null) return joined;
  const memory = await readMemory(fs, folder);
  const isTooSoon = memory.failed !== null && clock.now() < memory.failed.next && clock.now() >= memory.failed.since;
  if (isTooSoon && !options.takes) return joined;
  let place = joined.place;
  try {
    const now = (): string => new Date(clock.now()).toISOString();
    const first = await within(workbench, options.patience ?? PATIENCE, async (signal) => {
      let read = await place.readState({ signal });
      for (let moves = 0; moves < MOST_MOVES; moves++) {
        const to = read?.state.moved_to ?? null;
        if (to === null) break;
        place = await placeAt(workbench, recordedRoot(to.root, to.options), card.uid);
        joined.place = place;
        read = await place.readState({ signal });
      }
      const isOthers = holdingOf(read?.state ?? null, self) === 'other';
      const context = { place, self, now, unchangedFor: () => 0, signal };
      const turn = options.takes || isOthers ? await takeTurn(context) : null;
      return { turn, state: turn?.state ?? read?.state ?? null, there: await place.lookAtSnapshot({ signal }) };
    });
    joined.asked = true;
    joined.state = first.state;
    joined.holds = first.turn?.kind === 'mine';
    if (first.turn?.kind === 'others') joined.readOnly = heldByOthers(first.turn.holder);
    if (first.turn?.kind === 'mine' && first.turn.from !== null) {
      const { from } = first.turn;
      joined.warnings.push(
        `${holderInWords(from)}, had this instance open and has not been heard of. You can write now; what was not published there yet is not here.`,
      );
    }
    const { there } = first;
    const note = first.state?.published ?? null;
    if (there !== null) {
      const followed = await whileOwning(workbench, card, folder, () =>
        within(workbench, FETCHING, (signal) =>
          followPublished(workbench, { place, folder, uid: card.uid, memory, there, note, signal }),
        ),
      );
      tell(joined, followed);
      // Without a memory of the place nobody can tell whether an older registry was wanted here.
      if (followed === 'followed' && memory.seen === null)
        joined.warnings.push(
          `The registry in ${place.root} had newer changes, and this computer goes on with it. The one from before is kept as a backup (benchkeep backup list)`,
        );
    }
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'locked' || error.code === 'internal') throw error;
    if (joined.asked) {
      joined.readOnly ??= `The published registry in ${place.root} has newer changes than this computer, and they could not be fetched: ${error.message}. ${error.remedy}`;
    } else if (error.code !== 'offline') {
      joined.notReached = `${error.message}. ${error.remedy}`;
      joined.warnings.push(joined.notReached);
    }
  }
  return joined;
}

export function heldByOthers(holder: Parameters<typeof holderInWords>[0]): string {
  return `Someone else has this instance open for writing: ${holderInWords(holder)}. You can look at everything; you can write when it is closed there.`;
}

export const DIVERGED =
  'The registry of this computer and the published one have gone different ways: changes were made in both. Nothing was merged or overwritten. Keep this one beside the published one (benchkeep publish --beside), or take the published one (benchkeep connect ROOT --published; this one is kept as a backup).';

function tell(joined: JoinedPlace, followed: Followed): void {
  joined.diverged = followed === 'diverged';
  if (followed === 'diverged') joined.warnings.push(DIVERGED);
  if (followed === 'away')
    joined.warnings.push(
      'You restored an older backup; the published registry is still the one from before. It is replaced with the next publish (benchkeep publish). To get it back instead: benchkeep connect ROOT --published',
    );
}

/** Errors: `offline` where it takes longer than `ms`. */
export async function within<T>(
  { clock }: Pick<Workbench, 'clock'>,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  const tooLate = wait(clock, ms, over.signal).then((): never | Promise<never> => {
    if (over.signal.aborted) return new Promise<never>(() => undefined);
    late.abort();
    throw new BenchkeepError(
      'offline',
      'The place of the published registry does not answer',
      'It is asked again later; your work is saved on this computer.',
      { retry: true },
    );
  });
  const done = work(late.signal);
  done.catch(() => undefined);
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([done, tooLate]);
  } finally {
    over.abort();
  }
}
