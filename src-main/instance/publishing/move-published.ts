/**
 * Takes the published registry from one place to another, because the default storage is another one. The old place is
 * judged first, under the turn to write there: what others did there and is not here must not be left behind.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import type { LeaseHolder, PublishedPlace } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { registryPath } from '../instance-card.ts';
import { holdingOf, next, type Self } from './lease.ts';
import type { KnownPlace, PublishedMemory } from './published-memory.ts';
import { withHistory } from './read-history.ts';
import { takeTurn, type TurnContext } from './take-turn.ts';

export type OldPlace =
  /** All that is published there is in this registry, and the turn is ours. `tag`: of its snapshot. */
  | { kind: 'ours'; tag: string | null }
  | { kind: 'held'; holder: LeaseHolder }
  /** It has changes that are not here. */
  | { kind: 'not ahead' }
  /** Somebody said already where it went. */
  | { kind: 'moved' };

export interface OldPlaceContext {
  /** The instance's folder. */
  folder: RawPath;
  turn: TurnContext;
  memory: Pick<PublishedMemory, 'seen'>;
  /** Head of the snapshot of that tag, by reading it. */
  inspect: (tag: string) => Promise<Head>;
}

/** Takes the turn to write there. Errors: those of the place. */
export async function judgeOldPlace({ folder, turn, memory, inspect }: OldPlaceContext): Promise<OldPlace> {
  const { place, signal } = turn;
  const taken = await takeTurn(turn);
  if (taken.kind === 'others') return { kind: 'held', holder: taken.holder };
  if (taken.kind === 'moved') return { kind: 'moved' };
  if (taken.kind === 'not allowed') throw taken.error;
  const there = await place.lookAtSnapshot({ signal });
  if (there === null) return { kind: 'ours', tag: null };
  const note = taken.state.published;
  const { seen } = memory;
  const remembered = seen?.root === place.root && seen.tag === there.tag ? seen.head : null;
  const theirs = note?.tag === there.tag ? note.head : (remembered ?? (await inspect(there.tag)));
  const isHere = await withHistory(registryPath(folder), (ours) => ours.goesThrough(theirs));
  return isHere === true ? { kind: 'ours', tag: there.tag } : { kind: 'not ahead' };
}

const ROUNDS = 5;

/**
 * Says at the old place where the registry is now, and removes the snapshot there if it still is the one that was
 * judged. `published`: it is in `to`, with all that is here. False where somebody else has the turn there by now.
 */
export async function retirePlace(
  { place, self, signal }: Pick<TurnContext, 'place' | 'signal'> & { self: Self },
  to: { where: KnownPlace; place: PublishedPlace },
  tag: string | null,
): Promise<boolean> {
  for (let round = 1; ; round++) {
    const read = await place.readState({ signal });
    if (read === null || holdingOf(read.state, self) !== 'mine') return false;
    // One place under two names: what is there is what was just published.
    const there = (await to.place.readState({ signal }))?.state.published ?? null;
    if (JSON.stringify(there) === JSON.stringify(read.state.published)) return true;
    const { root, options } = to.where;
    const state = next(read.state, self, { holder: null, published: null, moved_to: { root, options } });
    try {
      await place.writeState(state, read.tag, { signal });
      break;
    } catch (error) {
      // The turn was renewed meanwhile.
      if (!isFaster(error) || round === ROUNDS) throw error;
    }
  }
  const now = await place.lookAtSnapshot({ signal });
  if (tag !== null && now?.tag === tag) await place.removeSnapshot({ signal });
  return true;
}

function isFaster(error: unknown): boolean {
  return error instanceof BenchkeepError && error.code === 'already_exists';
}
