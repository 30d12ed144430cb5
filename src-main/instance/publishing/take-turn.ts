/** Takes, keeps and gives back the turn to write (the lease) at the place where an instance is published. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { LeaseHolder, PlaceState, PublishedPlace } from '../../storage/index.ts';
import { GONE_AFTER, givenBack, heldBy, holdingOf, type Holding, type Self } from './lease.ts';

export interface TurnContext {
  place: PublishedPlace;
  self: Self;
  /** UTC ISO-8601 now. */
  now: () => string;
  /** Ms for which this very record has been seen unchanged from here; 0 for the first time. */
  unchangedFor: (turn: number) => number;
  /** The registry is moved to this place: that it once went elsewhere from here counts no more. */
  comesBack?: boolean;
  signal?: AbortSignal | undefined;
}

export type Turn =
  /** `from`: who had it and is gone; null where nobody had. `was`: whose it was until now. */
  | { kind: 'mine'; state: PlaceState; from: LeaseHolder | null; was: Holding }
  | { kind: 'others'; holder: LeaseHolder; state: PlaceState }
  /** The registry is published elsewhere since then; nothing was written. */
  | { kind: 'moved'; state: PlaceState }
  /** Who asks may read there, and not write. */
  | { kind: 'not allowed'; error: BenchkeepError; state: PlaceState | null };

const ROUNDS = 5;
const NOT_ALLOWED: ReadonlySet<string> = new Set(['not_allowed', 'read_only', 'file_unreadable']);

/**
 * Takes it, or renews it. Another computer that has it keeps it until it is gone: not renewed for `GONE_AFTER`, by the
 * place's own clock or by what was seen from here, never by comparing clocks of two computers. Errors: the place's.
 */
export async function takeTurn(context: TurnContext): Promise<Turn> {
  const { place, self, now, comesBack = false, signal } = context;
  for (let round = 1; ; round++) {
    const read = await place.readState({ signal });
    const state = read?.state ?? null;
    const was = holdingOf(state, self);
    if (state !== null && state.moved_to !== null && !comesBack) return { kind: 'moved', state };
    if (state?.holder && was === 'other' && !(await isGone(context, state)))
      return { kind: 'others', holder: state.holder, state };
    const from = was === 'other' ? (state?.holder ?? null) : null;
    const held = heldBy(state, self, now());
    const taken = comesBack ? { ...held, moved_to: null } : held;
    try {
      await place.writeState(taken, read?.tag ?? null, { signal });
      return { kind: 'mine', state: taken, from, was };
    } catch (error) {
      const after = await seenAfter(context, error);
      if (after !== null && after.turn === taken.turn && holdingOf(after, self) === 'mine')
        return { kind: 'mine', state: after, from, was };
      if (!(error instanceof BenchkeepError)) throw error;
      if (NOT_ALLOWED.has(error.code)) return { kind: 'not allowed', error, state };
      if (error.code !== 'already_exists' || round === ROUNDS) throw error;
    }
  }
}

/** Where others have it by now there is nothing to give back. Errors: the place's. */
export async function giveTurnBack({ place, self, signal }: TurnContext): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const read = await place.readState({ signal });
    const state = givenBack(read?.state ?? null, self);
    if (read === null || state === null) return;
    try {
      await place.writeState(state, read.tag, { signal });
      return;
    } catch (error) {
      if (!(error instanceof BenchkeepError) || error.code !== 'already_exists') throw error;
    }
  }
}

async function isGone({ place, unchangedFor, signal }: TurnContext, state: PlaceState): Promise<boolean> {
  if (unchangedFor(state.turn) >= GONE_AFTER) return true;
  try {
    return ((await place.ageOfState({ signal })) ?? 0) >= GONE_AFTER;
  } catch (error) {
    // Who may only read there can't ask for its time, and has to watch.
    if (error instanceof BenchkeepError) return false;
    throw error;
  }
}

/** An answer that was lost: the record may be ours all the same. */
async function seenAfter({ place, signal }: TurnContext, error: unknown): Promise<PlaceState | null> {
  if (!(error instanceof BenchkeepError) || !['offline', 'already_exists'].includes(error.code)) return null;
  try {
    return (await place.readState({ signal }))?.state ?? null;
  } catch (again) {
    if (again instanceof BenchkeepError) return null;
    throw again;
  }
}
