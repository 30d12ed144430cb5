/** Puts labels on artifacts: all in one transaction; what is there already stays as it is. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { newRecordUid } from '../../shared/uid.ts';
import { artifactRecords, findArtifacts, readContext } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import { insertLabel } from './create-label.ts';
import { findLabel, findLabelOrNull } from './find-label.ts';
import { labelName } from './label-name.ts';
import { linksOf } from './links-of.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'random' | 'author' | 'onCommitted'
>;

/** Errors: `not_found` (artifact or label, with near names), `ambiguous`. Nothing is written if one of them is thrown. */
export async function addLabels(
  context: Context,
  input: { artifacts: readonly string[]; labels: readonly string[]; create_missing?: boolean },
): Promise<{ items: ArtifactRecord[] }> {
  const artifacts = await findArtifacts(context.registry.db, input.artifacts);
  await writeRegistry(context, await context.author(), 'label add', async (write) => {
    const labels = new Set<number>();
    for (const name of input.labels) labels.add(await labelToAdd(context, write, name, input.create_missing ?? false));
    await linkLabels(write, artifacts, [...labels]);
  });
  return {
    items: await artifactRecords(
      readContext(context),
      artifacts.map(({ id }) => id),
    ),
  };
}

async function labelToAdd(
  context: Pick<Context, 'random'>,
  write: RegistryWrite,
  name: string,
  create: boolean,
): Promise<number> {
  if (!create) return (await findLabel(write.tx, name)).id;
  const known = await findLabelOrNull(write.tx, name);
  if (known !== null) return known.id;
  return insertLabel(write, {
    uid: newRecordUid(context.random, 'ulabel'),
    name: labelName(name),
    description: null,
    isType: false,
    typeId: null,
  });
}

/** Links every artifact with every label, inside a transaction of its caller. */
export async function linkLabels(
  write: RegistryWrite,
  artifacts: readonly { id: number; uid: string }[],
  labelIds: readonly number[],
): Promise<void> {
  const linked = await linksOf(write.tx, artifacts, labelIds);
  const missing = artifacts.flatMap(({ id, uid }) =>
    labelIds.filter((label) => !linked.has(`${String(id)} ${String(label)}`)).map((label) => ({ id, uid, label })),
  );
  write.insert(
    'artifact_ulabel',
    missing.map(({ id, label }) => ({
      artifact_id: id,
      ulabel_id: label,
      run_id: write.author.runId,
      created_by_id: write.author.userId,
      created_at: write.now,
    })),
    missing.map(({ uid }) => uid),
  );
}
