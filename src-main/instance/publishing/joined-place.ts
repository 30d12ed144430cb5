/** What is known of the place of an instance from before it is opened. */
import type { BenchkeepError } from '../../../shared/errors.ts';
import type { PlaceState, PublishedPlace } from '../../storage/index.ts';
import type { InstanceCard } from '../instance-card.ts';
import type { Workbench } from '../workbench.ts';
import type { Self } from './lease.ts';
import type { KnownPlace } from './published-memory.ts';
import type { RecordWatch } from './record-watch.ts';
import type { TurnContext } from './take-turn.ts';

export interface JoinedPlace {
  /** With stores that are signed in as the instance is; whoever keeps on with it closes them. */
  workbench: Workbench;
  card: InstanceCard;
  place: PublishedPlace | null;
  /** Which one `place` is. */
  where: KnownPlace | null;
  /** The default storage is another one since the registry was published in `place`: it is to be moved there. */
  movesTo: (KnownPlace & { place: PublishedPlace }) | null;
  /** It was published there before, and that place does not answer. */
  left: KnownPlace | null;
  self: Self;
  records: RecordWatch;
  /** Of the record when it was last read; null where there is none, or it could not be asked. */
  state: PlaceState | null;
  /** Of the snapshot that was there then. */
  tag: string | null;
  /** The place answered. */
  asked: boolean;
  /** Why it did not. */
  problem: BenchkeepError | null;
  /** This opening has the turn. */
  holds: boolean;
  /** Why nothing may be written, in plain words; null where it may. */
  readOnly: string | null;
  /** What of the place makes it so: somebody has the turn, newer changes did not come, writing is not allowed there. */
  blocked: 'held' | 'unfetched' | 'not allowed' | null;
  /** What a person should know, in plain words. */
  warnings: string[];
  /** Of the warnings that which holds until the place is reached; null where it was. */
  notReached: string | null;
  /** The published copy has gone another way than this one. */
  diverged: boolean;
}

/** For asking for the turn there. */
export function turnIn(
  { self, records, workbench: { clock } }: Pick<JoinedPlace, 'self' | 'records' | 'workbench'>,
  place: PublishedPlace,
  signal: AbortSignal,
): TurnContext {
  return {
    place,
    self,
    now: () => new Date(clock.now()).toISOString(),
    unchangedFor: (turn) => records.unchangedFor(place.root, turn),
    signal,
  };
}
