/** Reaches the place of an instance that is not open: signed in as the instance is, and where it has moved to since. */
import { keptSignInsIn, type CloudRoot, type PlaceState, type PublishedPlace } from '../../storage/index.ts';
import { instanceFolder, workstationPath, type InstanceCard } from '../instance-card.ts';
import type { Workbench } from '../workbench.ts';
import { placeAt, recordedRoot, rootOf } from './place-of.ts';

export interface ReachedPlace {
  place: PublishedPlace;
  /** Of the place. */
  root: string | CloudRoot;
  /** Its record as it was read; null where there is none. */
  state: PlaceState | null;
}

const MOST_MOVES = 5;

/** `work` gets stores that use what this instance keeps of how it signs in. */
export async function whileSignedIn<T>(
  outside: Workbench,
  card: Pick<InstanceCard, 'uid'>,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  const kept = keptSignInsIn(workstationPath(instanceFolder(outside.home, card.uid)));
  const stores = outside.stores.ofInstance(kept);
  try {
    return await work({ ...outside, stores });
  } finally {
    stores.close();
  }
}

/** Null where it is not known where the instance is published. Errors: those of the place. */
export async function reachPlace(workbench: Workbench, card: InstanceCard): Promise<ReachedPlace | null> {
  const root = rootOf(card);
  return root === null ? null : followMoves(workbench, root, card.uid);
}

/** Where what was published at `root` is published now. Errors: those of the places. */
export async function followMoves(
  workbench: Workbench,
  root: string | CloudRoot,
  instanceUid: string,
): Promise<ReachedPlace> {
  let at = root;
  for (let moves = 0; ; moves++) {
    const place = await placeAt(workbench, at, instanceUid);
    const state = (await place.readState())?.state ?? null;
    const to = state?.moved_to ?? null;
    if (to === null || moves === MOST_MOVES) return { place, root: at, state };
    at = recordedRoot(to.root, to.options);
  }
}
