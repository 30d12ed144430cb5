/** At the close: publishes what is new, or moves it, gives the turn back. For some seconds, once the instance is closed. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { readCard, registryPath } from '../instance-card.ts';
import { whileOwning } from '../own-instance.ts';
import { isDue, isReadOnly, turnContext, type KeeperState } from './keeper-state.ts';
import { knownAs } from './known-place.ts';
import { movePlace, type Target } from './move-place.ts';
import { placeOf } from './place-of.ts';
import { failed, mayTry, publishesItself } from './publish-changes.ts';
import { publishNow } from './publish-now.ts';
import { giveTurnBack } from './take-turn.ts';
import { inTime, within } from './within.ts';

/** Ms at the end of a window, and of each command. */
const PATIENCE = 3000;
/** Ms at the end of a command that finds changes which nobody published for a while: else nobody ever would. */
const MUCH_PATIENCE = 60_000;
/** Bytes of a registry that each command publishes at its end; a larger one so often (ms). */
const SMALL = 16 * 1024 * 1024;
const SELDOM = 5 * 60_000;

/** What could not be published stays here with the turn, until another computer takes this one for gone. */
export async function leavePublished(state: KeeperState): Promise<void> {
  const { context, folder } = state;
  const { workbench, joined, stays } = context;
  // A command whose place did not answer at its beginning does not wait for it once more.
  if (isReadOnly(state) || (!stays && !joined.asked)) return;
  try {
    await whileOwning(workbench, joined.card, folder, async () => {
      await orTell(state, () => publishLast(state));
      const staysHere = isDue(state) && publishesItself(state);
      if (!state.holds || staysHere || state.leavesUnpublished) return;
      const { place } = state;
      await orTell(state, () =>
        within(workbench, PATIENCE / 2, (signal) => giveTurnBack(turnContext(state, place, signal))),
      );
    });
  } catch (error) {
    // Somebody opens it already: that one goes on with it.
    if (!(error instanceof BenchkeepError) || error.code !== 'locked') throw error;
  }
}

async function orTell(state: KeeperState, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    await failed(state, error);
  }
}

async function publishLast(state: KeeperState): Promise<void> {
  const { workbench, stays } = state.context;
  if (!publishesItself(state) || !(stays || mayTry(state))) return;
  const target = await movesTo(state);
  if (target === null && !(isDue(state) && (await isWorthIt(state)))) return;
  const ms = stays || ageOf(state) < SELDOM ? PATIENCE : MUCH_PATIENCE;
  // Taking too long is no failure: it is tried again at the next opening, which has more time.
  await inTime(workbench, ms, async (signal) => {
    if (target !== null) return movePlace(state, target, signal);
    const done = await publishNow(state, signal);
    if (done.kind === 'not ahead') state.diverged = true;
    if (done.kind === 'held' || done.kind === 'moved') state.holds = false;
  });
}

/** As the card says now: another default storage may have been chosen since it was opened. */
async function movesTo({ context, folder, place }: KeeperState): Promise<Target | null> {
  const card = await readCard(context.workbench.fs, folder);
  const to = card === null ? null : await placeOf(context.workbench, card);
  if (card === null || to === null || to.root === place.root) return null;
  return { place: to, ...knownAs(card, to.root) };
}

/** Not at the end of each of a hundred commands in a row where the registry is large. */
async function isWorthIt(state: KeeperState): Promise<boolean> {
  const { stays, workbench } = state.context;
  if (stays || state.memory.seen === null) return true;
  const { size = 0 } = (await workbench.fs.look(registryPath(state.folder))) ?? {};
  return size <= SMALL || ageOf(state) >= SELDOM;
}

/** Ms since it was last published or fetched. */
function ageOf({ memory: { seen }, context }: KeeperState): number {
  return seen === null ? Infinity : Math.abs(context.workbench.clock.now() - Date.parse(seen.at));
}
