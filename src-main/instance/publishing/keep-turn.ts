/** Keeps the turn to write while an instance is open, and notices where it was lost. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { PlaceState, PublishedNote } from '../../storage/index.ts';
import { readOnlyError } from '../open-instance.ts';
import { heldByOthers, movedAway, onlyRead } from './published-words.ts';
import {
  isDue,
  isReadOnly,
  minuteOf,
  nowOf,
  remember,
  turnAway,
  turnContext,
  type KeeperState,
} from './keeper-state.ts';
import { GONE_AFTER, holdingOf, RENEW_EVERY } from './lease.ts';
import { giveTurnBack, takeTurn } from './take-turn.ts';
import { within } from './within.ts';

/** Ms for the place to answer: before somebody writes, and where nobody waits. */
const PATIENCE = 3000;
const MUCH_PATIENCE = 4 * PATIENCE;

/** It is this opening's then. Errors: `registry_read_only`, those of the place. */
export async function renewTurn(state: KeeperState, signal: AbortSignal): Promise<void> {
  const { place, context } = state;
  const { records } = context.joined;
  const turn = await takeTurn(turnContext(state, place, signal));
  records.saw(place.root, turn.state);
  if (turn.kind !== 'mine') {
    state.holds = false;
    if (turn.kind === 'others') throw readOnlyError(heldByOthers(turn.holder));
    if (turn.kind === 'moved') throw readOnlyError(movedAway(place.root));
    throw readOnlyError(onlyRead(place.root, turn.error));
  }
  state.holds = true;
  // While it was not ours others may have had it, published, and given it back.
  if (turn.was !== 'mine') state.isProven = false;
  if (!state.isProven && !state.diverged && (await isOvertaken(state, turn.state.published, signal)))
    throw overtaken(turn.state.published);
  state.isProven = true;
  state.renewed = nowOf(context.workbench);
}

function overtaken(note: PublishedNote | null): BenchkeepError {
  const who = note === null ? 'Another computer' : `Another computer (${note.user} on ${note.host})`;
  return new BenchkeepError(
    'registry_read_only',
    `${who} has changed this registry since it was opened here`,
    'Nothing was written. What was done there is fetched first; try again in a moment.',
    { retry: true },
  );
}

/** A disk that can't be written shows only once it is opened. */
async function giveBackUnused(state: KeeperState): Promise<void> {
  if (!state.holds) return;
  state.holds = false;
  const { place } = state;
  await within(state.context.workbench, PATIENCE, (signal) => giveTurnBack(turnContext(state, place, signal)));
}

/** For all who ask at the same time. */
function renewOnce(state: KeeperState): Promise<void> {
  state.renewing ??= within(state.context.workbench, MUCH_PATIENCE, (signal) => renewTurn(state, signal)).finally(
    () => {
      state.renewing = null;
    },
  );
  return state.renewing;
}

/** Is there a snapshot that may hold what is not here? */
async function isOvertaken(
  { place, memory, known, context }: KeeperState,
  note: PublishedNote | null,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await place.lookAtSnapshot({ signal });
  if (there === null || known.has(there.tag)) return false;
  if (memory.seen?.root === place.root && memory.seen.tag === there.tag) return false;
  return note?.tag !== there.tag || note.workstation_uid !== context.joined.self.workstationUid;
}

/** Before somebody writes. Errors: `registry_read_only`. */
export async function beforeWriting(state: KeeperState): Promise<void> {
  const { context, holds, renewed } = state;
  const { workbench, joined, stays } = context;
  if (isReadOnly(state)) return;
  if (state.refused !== null) throw state.refused;
  const { monotonic, wall } = nowOf(workbench);
  // A computer that slept, and a command that only writes now.
  const isFresh = monotonic - renewed.monotonic < 2 * RENEW_EVERY && Math.abs(wall - renewed.wall) < 2 * RENEW_EVERY;
  if (holds ? isFresh : stays ? isFresh : !joined.asked) return;
  try {
    await within(workbench, PATIENCE, () => renewOnce(state));
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    if (error.code === 'registry_read_only') {
      if (stays) turnAway(state, error);
      throw error;
    }
    // Not to be asked: writing goes on here, and what others did meanwhile is noticed when it is published.
    state.renewed = nowOf(workbench);
  }
}

/** Now and then: renews it, or sees whether it can be had. */
export async function lookForTurn(state: KeeperState): Promise<void> {
  const { context, renewed, stopping } = state;
  const { workbench } = context;
  if (stopping.signal.aborted || state.refused !== null) return;
  try {
    if (isReadOnly(state)) {
      await giveBackUnused(state);
      if (await within(workbench, MUCH_PATIENCE, (signal) => isWorthOpening(state, signal))) context.onTurn();
      return;
    }
    const { monotonic, wall } = nowOf(workbench);
    const isRenewed = monotonic - renewed.monotonic < RENEW_EVERY && Math.abs(wall - renewed.wall) < RENEW_EVERY;
    if (state.holds && isRenewed) return;
    await renewOnce(state);
    await answered(state);
  } catch (error) {
    if (state.stopping.signal.aborted) return;
    if (!(error instanceof BenchkeepError)) throw error;
    if (isReadOnly(state)) return;
    if (error.code === 'registry_read_only') turnAway(state, error);
    else await tellNotAnswered(state, error);
  }
}

/** The place could not be asked: told where something waits for it. Publishing is tried as soon as it can be asked again. */
async function tellNotAnswered(state: KeeperState, error: BenchkeepError): Promise<void> {
  await notAnswered(state, error);
  const { failed } = state.memory;
  if (failed === null || failed.reached || !isDue(state)) return;
  if (state.warn(`The registry could not be published since ${minuteOf(failed.since)}: ${failed.message}`))
    state.context.onNews();
}

/** Remembers it, so that nobody waits long for it the next time. */
export async function notAnswered(state: KeeperState, error: BenchkeepError): Promise<void> {
  const { failed } = state.memory;
  const message = `${error.message}. ${error.remedy}`;
  if (failed?.reached === true || failed?.message === message) return;
  const since = failed?.since ?? state.context.workbench.clock.now();
  await remember(state, { failed: { attempts: 0, since, next: since, message, reached: false } });
}

/** The place could be asked: what was told of that is over. */
export async function answered(state: KeeperState): Promise<void> {
  if (state.memory.failed?.reached === true) return;
  if (state.memory.failed !== null) await remember(state, { failed: null });
  if (state.warn(null)) state.context.onNews();
}

/** Open for reading only: is there something new, or may it be had for writing now? */
async function isWorthOpening(state: KeeperState, signal: AbortSignal): Promise<boolean> {
  const { place, context } = state;
  const { joined } = context;
  // What else makes it so does not change by what happens there.
  if (joined.blocked === null) return false;
  const record = (await place.readState({ signal }))?.state ?? null;
  joined.records.saw(place.root, record);
  const tag = (await place.lookAtSnapshot({ signal }))?.tag ?? null;
  const isFree =
    holdingOf(record, joined.self) !== 'other' ||
    joined.records.unchangedFor(place.root, record?.turn ?? -1) >= GONE_AFTER;
  const isNew = tag !== joined.tag || (record?.moved_to ?? null) !== null;
  const mayBeBetter = joined.blocked === 'unfetched' || (joined.blocked === 'held' && isFree);
  return (isNew || mayBeBetter) && joined.records.mayReopen(sightOf(state, record, tag));
}

/** For the instance that is open for reading only: what it was opened with. */
export function noteSight(state: KeeperState): void {
  const { joined } = state.context;
  if (joined.blocked !== null) joined.records.openedWith(sightOf(state, joined.state, joined.tag));
}

function sightOf({ place, context }: KeeperState, record: PlaceState | null, tag: string | null): string {
  const others = holdingOf(record, context.joined.self) === 'other' ? record?.holder?.session : null;
  return JSON.stringify([place.root, others ?? null, tag]);
}
