/** What one engine has seen of the records of places, while openings of the instance come and go. */
import type { PlaceState } from '../../storage/index.ts';
import type { Clock } from '../../ports/clock.ts';

export interface RecordWatch {
  /** The record as it was just read. */
  saw(root: string, state: PlaceState | null): void;
  /** Ms for which this very record has been seen unchanged from here; 0 where another one was seen last. */
  unchangedFor(root: string, turn: number): number;
  /** The instance was opened, for reading only, with this before its eyes. */
  openedWith(what: string): void;
  /** Is it worth it to open the instance anew? At once with what is new; with the same again less and less often. */
  mayReopen(what: string): boolean;
}

const MINUTE = 60_000;
const MOST_BACK_OFF = 30 * MINUTE;

export function recordWatch({ monotonic }: Pick<Clock, 'monotonic'>): RecordWatch {
  let seen: { root: string; turn: number; since: number } | null = null;
  let opened: { what: string; times: number; next: number } | null = null;
  const again = (what: string, times: number): void => {
    opened = { what, times, next: monotonic() + Math.min(MOST_BACK_OFF, MINUTE * 2 ** (times - 1)) };
  };
  return {
    saw(root, state) {
      const turn = state?.turn ?? -1;
      if (seen?.root !== root || seen.turn !== turn) seen = { root, turn, since: monotonic() };
    },
    unchangedFor: (root, turn) => (seen?.root === root && seen.turn === turn ? monotonic() - seen.since : 0),
    openedWith(what) {
      again(what, opened?.what === what ? opened.times + 1 : 1);
    },
    mayReopen: (what) => opened?.what !== what || monotonic() >= opened.next,
  };
}
