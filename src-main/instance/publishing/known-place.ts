/** A place as this computer remembers it, or as the record of another place names it. */
import type { PublishedPlace } from '../../storage/index.ts';
import type { InstanceCard } from '../instance-card.ts';
import type { Workbench } from '../workbench.ts';
import { placeAt, recordedRoot } from './place-of.ts';
import type { KnownPlace } from './published-memory.ts';

export function placeKnownAs(
  workbench: Pick<Workbench, 'fs' | 'stores' | 'random' | 'clock' | 'workstationUid'>,
  { root, options }: KnownPlace,
  instanceUid: string,
): Promise<PublishedPlace> {
  return placeAt(workbench, recordedRoot(root, options), instanceUid);
}

/** `root`: of the place that the card leads to. */
export function knownAs(card: InstanceCard, root: string): KnownPlace {
  const options = card.published_at === undefined ? card.storage_options : card.published_options;
  return { root, options: options ?? null };
}
