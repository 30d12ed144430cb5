/** Publishes what is new while an instance is open, when it is quiet; what fails is told and tried again later. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { readOnlyError } from '../open-instance.ts';
import { heldByOthers, movedAway } from './published-words.ts';
import { isDue, isReadOnly, minuteOf, remember, turnAway, type KeeperState } from './keeper-state.ts';
import { finishLeft, movePlace, wayOf } from './move-place.ts';
import { publishNow } from './publish-now.ts';
import type { Published } from './publish-snapshot.ts';
import { within } from './within.ts';

const MINUTE = 60_000;
/** Ms without a change, and ms after the first one, after which what is new is published. */
export const QUIET = 2 * MINUTE;
export const AT_LATEST = 15 * MINUTE;
const MOST_BACK_OFF = 30 * MINUTE;
/** Ms for one publishing. */
const LONGEST = 60 * MINUTE;

/** Is it time to try by itself, after what failed? */
export function mayTry({ memory: { failed }, context }: KeeperState): boolean {
  const now = context.workbench.clock.now();
  return failed?.reached !== true || now >= failed.next || now < failed.since;
}

/** Only a person replaces what they put away: see `putPublishedAway`. */
export function publishesItself(state: KeeperState): boolean {
  return !state.diverged && state.memory.put_away === null && !state.leavesUnpublished;
}

/** Now and then, while it is open. */
export async function publishWhenQuiet(state: KeeperState): Promise<void> {
  const { context, stopping } = state;
  const { workbench } = context;
  if (stopping.signal.aborted || isReadOnly(state) || state.refused !== null || !state.holds) return;
  try {
    await finishLeft(state);
    if (!mayTry(state) || !publishesItself(state)) return;
    const way = wayOf(state);
    if (way !== null) {
      await within(workbench, LONGEST, (late) => movePlace(state, way, AbortSignal.any([late, stopping.signal])));
      await succeeded(state);
      context.onTurn();
    } else if (isTime(state)) {
      const before = state.head;
      const done = await within(workbench, LONGEST, (late) =>
        publishNow(state, AbortSignal.any([late, stopping.signal])),
      );
      await settle(state, done, before);
    }
  } catch (error) {
    if (stopping.signal.aborted) return;
    if (!(error instanceof BenchkeepError)) throw error;
    if (error.code === 'registry_read_only') turnAway(state, error);
    else await failed(state, error);
  }
}

function isTime(state: KeeperState): boolean {
  const now = state.context.workbench.clock.monotonic();
  if (state.firstUnpublished === null || !isDue(state)) return false;
  return now - state.lastChange >= QUIET || now - state.firstUnpublished >= AT_LATEST;
}

async function settle(state: KeeperState, done: Published, before: KeeperState['head']): Promise<void> {
  const { workbench, onTurn } = state.context;
  switch (done.kind) {
    case 'published':
    case 'current':
      state.firstUnpublished = state.head === before ? null : workbench.clock.monotonic();
      await succeeded(state);
      return;
    case 'not ahead':
      // Fetched where it goes on from here, else shown as another way.
      state.diverged = true;
      onTurn();
      return;
    case 'held':
      throw readOnlyError(heldByOthers(done.holder));
    case 'moved':
      throw readOnlyError(movedAway(state.place.root));
  }
}

/** Tells what failed, and when it is tried again. */
export async function failed(state: KeeperState, error: BenchkeepError): Promise<void> {
  const { clock } = state.context.workbench;
  const before = state.memory.failed?.reached === true ? state.memory.failed : null;
  const attempts = (before?.attempts ?? 0) + 1;
  const since = state.memory.failed?.since ?? clock.now();
  const next = clock.now() + Math.min(MOST_BACK_OFF, MINUTE * 2 ** (attempts - 1));
  const message = `${error.message}. ${error.remedy}`;
  await remember(state, { failed: { attempts, since, next, message, reached: true } });
  if (state.warn(`The registry could not be published since ${minuteOf(since)}: ${message}`)) state.context.onNews();
}

/** After a publishing that was tried and went well. */
export async function succeeded(state: KeeperState): Promise<void> {
  if (state.memory.failed !== null) await remember(state, { failed: null });
  state.warn(null);
  state.context.onNews();
}
