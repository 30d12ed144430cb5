/** Who has the turn to write an instance that several computers can reach. Pure. */
import type { LeaseHolder, PlaceState } from '../../storage/index.ts';

/** This computer with this data folder, in this opening of the instance. */
export interface Self {
  instanceUid: string;
  workstationUid: string;
  /** Unique to this opening. */
  session: string;
  /** Name of the computer. */
  host: string;
  /** Its data folder. */
  home: string;
  /** Handle of who works here. */
  user: string;
}

/** `former`: an opening of this very computer that ended without saying so. */
export type Holding = 'free' | 'mine' | 'former' | 'other';

/** Ms between two renewals, and ms without one after which the holder is gone. */
export const RENEW_EVERY = 2 * 60_000;
export const GONE_AFTER = 10 * 60_000;

export function holdingOf(state: PlaceState | null, self: Self): Holding {
  const holder = state?.holder ?? null;
  if (holder === null) return 'free';
  if (holder.session === self.session) return 'mine';
  // A data folder that was copied to another computer has the same uid there.
  return holder.workstation_uid === self.workstationUid && holder.host === self.host ? 'former' : 'other';
}

/** The record as it is with this computer as its holder: taken, or renewed. Where it went stays. `now`: UTC ISO-8601. */
export function heldBy(state: PlaceState | null, self: Self, now: string): PlaceState {
  const since = holdingOf(state, self) === 'mine' ? (state?.holder?.since ?? now) : now;
  const { workstationUid, session, host, user, home } = self;
  const holder: LeaseHolder = { workstation_uid: workstationUid, session, host, user, since, renewed_at: now };
  const workstations = { ...state?.workstations, [workstationUid]: { host, home } };
  return next(state, self, { holder, workstations });
}

/** The record once it is given back; null where it was not this opening's. */
export function givenBack(state: PlaceState | null, self: Self): PlaceState | null {
  return holdingOf(state, self) === 'mine' ? next(state, self, { holder: null }) : null;
}

export function next(state: PlaceState | null, self: Self, patch: Partial<PlaceState>): PlaceState {
  const before = state ?? {
    format: 1,
    instance_uid: self.instanceUid,
    turn: 0,
    holder: null,
    published: null,
    moved_to: null,
    workstations: {},
  };
  return { ...before, ...patch, turn: before.turn + 1 };
}

/** For people: who has it since when. */
export function holderInWords({ user, host, since }: LeaseHolder): string {
  return `${user} on ${host}, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
}
