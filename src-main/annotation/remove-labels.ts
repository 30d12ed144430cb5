/** Takes labels off artifacts: all in one transaction; a label that isn't there is fine. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { artifactRecords, findArtifacts, readContext } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { findLabel } from './find-label.ts';
import { linksOf } from './links-of.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'author' | 'onCommitted'
>;

/** Errors: `not_found` (artifact or label, with near names), `ambiguous`. */
export async function removeLabels(
  context: Context,
  input: { artifacts: readonly string[]; labels: readonly string[] },
): Promise<{ items: ArtifactRecord[] }> {
  const artifacts = await findArtifacts(context.registry.db, input.artifacts);
  await writeRegistry(context, await context.author(), 'label remove', async (write) => {
    const labels = new Set<number>();
    for (const name of input.labels) labels.add((await findLabel(write.tx, name)).id);
    const uids = new Map(artifacts.map(({ id, uid }) => [String(id), uid]));
    for (const [pair, id] of await linksOf(write.tx, artifacts, [...labels])) {
      await write.remove('artifact_ulabel', id, uids.get(pair.split(' ', 1)[0] ?? ''));
    }
  });
  return {
    items: await artifactRecords(
      readContext(context),
      artifacts.map(({ id }) => id),
    ),
  };
}
