/** A place as this computer remembers it, or as the record of another place names it. */
import { parseCloudRoot, type PublishedPlace } from '../../storage/index.ts';
import type { Workbench } from '../workbench.ts';
import { placeAt } from './place-of.ts';
import type { KnownPlace } from './published-memory.ts';

export function placeKnownAs(
  workbench: Pick<Workbench, 'fs' | 'stores' | 'workstationUid'>,
  { root, options }: KnownPlace,
  instanceUid: string,
): Promise<PublishedPlace> {
  const bucket = parseCloudRoot(root);
  return placeAt(workbench, bucket === null ? root : { ...bucket, options: options ?? {} }, instanceUid);
}
