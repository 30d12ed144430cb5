/** Whether the places of content are still those that a decision was made on. */
import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { pendingFrees } from './pending-frees.ts';

/** The same text as long as nothing came or went, nor is about to go from this computer. */
export async function knownPlaces(
  context: Pick<InstanceContext, 'registry' | 'workstation'>,
  { id, uid }: ArtifactRow,
): Promise<string> {
  // What is planned first: what goes is forgotten by the registry only then.
  const going = await pendingFrees(context, uid);
  const copies = await context.registry.db
    .selectFrom('copy')
    .select(['id', 'storage_id', 'path'])
    .where('artifact_id', '=', id)
    .orderBy('id')
    .execute();
  return JSON.stringify([going, copies.map(({ path, ...copy }) => [copy, path.toString('hex')])]);
}
