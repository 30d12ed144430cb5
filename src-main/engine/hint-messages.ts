/** What the engine and its hint thread say to each other. */
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { WatchProblem } from '../watching/index.ts';

/** `id`: one call of `watch`. */
export type ToHints =
  | { type: 'watch'; id: number; root: RawPath }
  | { type: 'unwatch'; id: number }
  /** A batch was worked off; without this answer no further one of this root is sent. */
  | { type: 'taken'; id: number };

export type FromHints =
  /** All of the root is watched from now on (or a problem was told). */
  | { type: 'ready'; id: number }
  | { type: 'hints'; id: number; paths: RawPath[] }
  | { type: 'problem'; id: number; problem: WatchProblem };

/** Times in ms. */
export interface HintThreadData {
  /** Between looks whether roots are the same and the system's limits leave room. */
  probeEvery: number;
}
