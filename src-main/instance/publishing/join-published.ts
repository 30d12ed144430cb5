/**
 * Before an instance is opened: takes the turn to write where it is published, and fetches what was done elsewhere.
 * Nothing here may keep a person from working: a place that does not answer soon is asked again later.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import { keptSignInsIn, type PublishedPlace } from '../../storage/index.ts';
import { findInstance } from '../find-instance.ts';
import { instanceFolder, workstationPath } from '../instance-card.ts';
import { whileOwning } from '../own-instance.ts';
import type { Workbench } from '../workbench.ts';
import { followPublished, type Followed } from './follow-published.ts';
import { knownAs, placeKnownAs } from './known-place.ts';
import { turnIn, type JoinedPlace } from './joined-place.ts';
import { holderInWords, holdingOf } from './lease.ts';
import { placeOf, selfOf } from './place-of.ts';
import { readMemory, type PublishedMemory } from './published-memory.ts';
import { DIVERGED, heldByOthers, movedAway, onlyRead } from './published-words.ts';
import { recordWatch, type RecordWatch } from './record-watch.ts';
import { giveTurnBack, takeTurn, type Turn } from './take-turn.ts';
import { inTime, within } from './within.ts';

export interface JoinOptions {
  /** Takes the turn at once; else only when something is written. */
  takes: boolean;
  /** Of this engine. */
  records?: RecordWatch;
  /** Ms for the place to answer, and for what is published to come. */
  patience?: number;
}

/** Ms. */
const PATIENCE = 3000;
/** Where it did not answer last time. */
const LITTLE_PATIENCE = 1000;
const MOST_MOVES = 5;
const FETCHING = 10 * 60_000;
/** For what was given up to end. */
const GRACE = 10_000;

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
    where: null,
    movesTo: null,
    left: null,
    self,
    records: options.records ?? recordWatch(clock),
    state: null,
    tag: null,
    asked: false,
    problem: null,
    holds: false,
    readOnly: null,
    blocked: null,
    warnings: [],
    notReached: null,
    diverged: false,
  };
  if (joined.place === null) return joined;
  const memory = await readMemory(fs, folder);
  await stayUntilMoved(joined, joined.place, memory);
  const usual = memory.failed?.reached === false ? LITTLE_PATIENCE : PATIENCE;
  try {
    await within(workbench, options.patience ?? usual, (signal) => look(joined, options.takes, signal));
    if (joined.tag !== null) tell(joined, await follow(joined, folder, memory, joined.tag), memory);
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'locked' || error.code === 'internal') throw error;
    if (joined.asked) {
      joined.readOnly ??= `The published registry in ${joined.place.root} has newer changes than this computer, and they could not be fetched: ${error.message}. ${error.remedy}`;
      joined.blocked ??= 'unfetched';
    } else {
      joined.problem = error;
      if (error.code !== 'offline') {
        joined.notReached = `${error.message}. ${error.remedy}`;
        joined.warnings.push(joined.notReached);
      }
    }
  }
  if (joined.readOnly !== null) await letGo(joined);
  return joined;
}

/** What is to be done first is done where it is published still: others may have gone on there. */
async function stayUntilMoved(joined: JoinedPlace, target: PublishedPlace, memory: PublishedMemory): Promise<void> {
  const wanted = knownAs(joined.card, target.root);
  joined.where = wanted;
  if (memory.place === null || memory.place.root === target.root) return;
  joined.where = memory.place;
  joined.place = await placeKnownAs(joined.workbench, memory.place, joined.card.uid);
  joined.movesTo = { ...wanted, place: target };
}

/** Reads the record, takes the turn, and sees which snapshot is there. */
async function look(joined: JoinedPlace, takes: boolean, signal: AbortSignal): Promise<void> {
  const { workbench, card, self, records } = joined;
  if (joined.place === null) return;
  let read = await readOrGoOn(joined, joined.place, signal);
  let { place } = joined;
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    const to = read?.state.moved_to ?? null;
    if (to === null) break;
    place = await placeKnownAs(workbench, to, card.uid);
    if (signal.aborted) return;
    Object.assign(joined, { place, where: to, movesTo: null });
    read = await place.readState({ signal });
  }
  const state = read?.state ?? null;
  records.saw(place.root, state);
  const isOthers = holdingOf(state, self) === 'other';
  const turn = takes || isOthers ? await takeTurn(turnIn(joined, place, signal)) : null;
  const there = await place.lookAtSnapshot({ signal });
  if (signal.aborted) return;
  joined.asked = true;
  joined.state = turn?.state ?? state;
  joined.tag = there?.tag ?? null;
  if (turn !== null) hear(joined, place, turn);
}

/** One that does not answer, and is in use where the card has it: its folder has another name, or a move was not ended. */
async function readOrGoOn(
  joined: JoinedPlace,
  place: PublishedPlace,
  signal: AbortSignal,
): ReturnType<PublishedPlace['readState']> {
  const { movesTo } = joined;
  try {
    return await place.readState({ signal });
  } catch (error) {
    if (!(error instanceof BenchkeepError) || movesTo === null) throw error;
    const { root, options } = movesTo;
    const read = await movesTo.place.readState({ signal });
    if (read === null || read.state.moved_to !== null || signal.aborted) throw error;
    Object.assign(joined, { place: movesTo.place, where: { root, options }, left: joined.where, movesTo: null });
    return read;
  }
}

function hear(joined: JoinedPlace, place: PublishedPlace, turn: Turn): void {
  joined.holds = turn.kind === 'mine';
  if (turn.kind === 'mine') {
    if (turn.from === null) return;
    joined.warnings.push(
      `${holderInWords(turn.from)}, had this instance open and has not been heard of. You can write now; what was not published there yet is not here.`,
    );
    return;
  }
  joined.blocked = turn.kind === 'not allowed' ? 'not allowed' : 'held';
  if (turn.kind === 'others') joined.readOnly = heldByOthers(turn.holder);
  if (turn.kind === 'not allowed') joined.readOnly = onlyRead(place.root, turn.error);
  if (turn.kind === 'moved') joined.readOnly = movedAway(place.root);
}

/** Nobody opens the registry before what was given up has ended: it might take another one's name yet. */
async function follow(
  joined: JoinedPlace,
  folder: ReturnType<typeof instanceFolder>,
  memory: PublishedMemory,
  tag: string,
): Promise<Followed | null> {
  const { workbench, card, place } = joined;
  if (place === null) return null;
  const note = joined.state?.published ?? null;
  let ended: Promise<unknown> = Promise.resolve();
  try {
    return await within(workbench, FETCHING, (signal) => {
      const request = { place, folder, uid: card.uid, memory, there: { tag }, note, signal };
      const following = whileOwning(workbench, card, folder, () => followPublished(workbench, request));
      ended = following.catch(() => undefined);
      return following;
    });
  } catch (error) {
    await inTime(workbench, GRACE, () => ended);
    throw error;
  }
}

/** Who can't write has no use for the turn. */
async function letGo(joined: JoinedPlace): Promise<void> {
  const { workbench, place } = joined;
  if (place === null || !joined.holds) return;
  joined.holds = false;
  try {
    await within(workbench, PATIENCE, (signal) => giveTurnBack(turnIn(joined, place, signal)));
  } catch (error) {
    // It runs out by itself.
    if (!(error instanceof BenchkeepError)) throw error;
  }
}

function tell(joined: JoinedPlace, followed: Followed | null, memory: PublishedMemory): void {
  joined.diverged = followed === 'diverged';
  if (followed === 'diverged') joined.warnings.push(DIVERGED);
  // Without a memory of the place nobody can tell whether an older registry was wanted here.
  if (followed === 'followed' && memory.seen === null)
    joined.warnings.push(
      `The registry in ${joined.place?.root ?? ''} had newer changes, and this computer goes on with it. The one from before is kept as a backup (benchkeep backup list)`,
    );
  if (followed === 'away')
    joined.warnings.push(
      'You restored an older backup; the published registry is still the one from before. It is replaced with the next publish (benchkeep publish). To get it back instead: benchkeep connect ROOT --published',
    );
}
