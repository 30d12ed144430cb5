/** Moves the published registry where the default storage is now, from where the keeper has it. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { readOnlyError } from '../open-instance.ts';
import { DIVERGED, heldByOthers, movedAway } from './published-words.ts';
import type { JoinedPlace } from './joined-place.ts';
import { remember, turnContext, type KeeperState } from './keeper-state.ts';
import { placeKnownAs } from './known-place.ts';
import { judgeOldPlace, retirePlace, type OldPlace } from './move-published.ts';
import { publishNow } from './publish-now.ts';
import { fetchedPath, fetchPublished } from './read-history.ts';
import { takeTurn } from './take-turn.ts';
import { within } from './within.ts';

const PATIENCE = 12_000;
const MOST_WAIT = 30 * 60_000;

export type Target = NonNullable<JoinedPlace['movesTo']>;

/** Where it is to be moved; null where it is in its place, or the card is older than the registry. */
export function wayOf({ context, place }: KeeperState): Target | null {
  const { movesTo, card } = context.joined;
  return movesTo === null || movesTo.root === place.root || card.storage !== context.storage ? null : movesTo;
}

/**
 * `anyway`: also where the old place can't be asked, which is told as soon as it can. Errors: `registry_read_only` where
 * somebody else has the turn there or moved it, `refused` where one of the places has changes that are not here.
 */
export async function movePlace(
  state: KeeperState,
  { place, root, options }: Target,
  signal: AbortSignal,
  { anyway = false }: { anyway?: boolean } = {},
): Promise<void> {
  const { place: old, context } = state;
  const where = { root, options };
  const judged = await judge(state, old, signal).catch((error: unknown) => {
    if (!anyway || !(error instanceof BenchkeepError)) throw error;
    return null;
  });
  if (judged?.kind === 'ours' || judged?.kind === 'not ahead') state.holds = true;
  if (judged !== null && judged.kind !== 'ours') throw notOurs(state, judged);
  const turn = await takeTurn({ ...turnContext(state, place, signal), comesBack: true });
  if (turn.kind === 'others') throw waitsFor(root, heldByOthers(turn.holder));
  if (turn.kind === 'not allowed') throw turn.error;
  const done = await publishNow(state, signal, place);
  if (done.kind !== 'published' && done.kind !== 'current')
    throw waitsFor(root, 'What is published there already has changes that are not here.');
  if (judged !== null) {
    const isTold = await retirePlace({ place: old, self: context.joined.self, signal }, { where, place }, judged.tag);
    if (!isTold) throw readOnlyError(movedAway(old.root));
  }
  await remember(state, { place: where, left: judged === null ? context.joined.where : null });
  state.place = place;
  state.holds = true;
  state.isProven = true;
}

/** A place that could not be told is told when it answers; more and more seldom. Never fails. */
export async function finishLeft(state: KeeperState): Promise<void> {
  const { memory, context, stopping, leftNext } = state;
  const { workbench, joined } = context;
  const now = workbench.clock.monotonic();
  const { left } = memory;
  if (left === null || now < leftNext.at) return;
  state.leftNext = { at: now + leftNext.wait, wait: Math.min(MOST_WAIT, 2 * leftNext.wait) };
  const old = await placeKnownAs(workbench, left, joined.card.uid);
  try {
    const isTold = await within(workbench, PATIENCE, async (late) => {
      const signal = AbortSignal.any([late, stopping.signal]);
      const judged = await judge(state, old, signal);
      if (judged.kind === 'not ahead') {
        const text = `Where this registry was published before, in ${left.root}, are changes that are not here. Nothing was removed there.`;
        if (state.warnOfLeft(text)) context.onNews();
      }
      if (judged.kind !== 'ours' || memory.place === null) return judged.kind === 'moved';
      const to = { where: memory.place, place: state.place };
      return retirePlace({ place: old, self: joined.self, signal }, to, judged.tag);
    });
    if (isTold) await remember(state, { left: null });
  } catch (error) {
    if (!stopping.signal.aborted && !(error instanceof BenchkeepError)) throw error;
  }
}

function judge(state: KeeperState, place: KeeperState['place'], signal: AbortSignal): Promise<OldPlace> {
  const { folder, memory, context } = state;
  const { fs, registryWork } = context.workbench;
  return judgeOldPlace({
    folder,
    memory,
    turn: turnContext(state, place, signal),
    async inspect(tag) {
      try {
        return (await fetchPublished({ fs, registryWork, place, folder, uid: context.joined.card.uid, signal }, tag))
          .head;
      } finally {
        await fs.removeOwnFile(fetchedPath(folder));
      }
    },
  });
}

function notOurs(state: KeeperState, judged: Exclude<OldPlace, { kind: 'ours' }>): BenchkeepError {
  if (judged.kind === 'held') return readOnlyError(heldByOthers(judged.holder));
  if (judged.kind === 'moved') return readOnlyError(movedAway(state.place.root));
  state.diverged = true;
  return readOnlyError(DIVERGED);
}

function waitsFor(root: string, why: string): BenchkeepError {
  return new BenchkeepError(
    'refused',
    `The published registry could not be moved to ${root}: ${why}`.replace(/\.$/, ''),
    'It stays where it is until then.',
  );
}
