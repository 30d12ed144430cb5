/** The labels of many artifacts at once. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../schema.ts';

export interface LabelOfArtifact {
  id: number;
  name: string;
}

const CHUNK = 500;

/** By artifact id, labels by name; artifacts without labels are not in it. */
export async function labelsOf(
  db: Kysely<RegistryDB>,
  artifactIds: readonly number[],
): Promise<Map<number, LabelOfArtifact[]>> {
  const labels = new Map<number, LabelOfArtifact[]>();
  for (let i = 0; i < artifactIds.length; i += CHUNK) {
    const rows = await db
      .selectFrom('artifact_ulabel')
      .innerJoin('ulabel', 'ulabel.id', 'artifact_ulabel.ulabel_id')
      .select(['artifact_ulabel.artifact_id', 'ulabel.id', 'ulabel.name'])
      .where('artifact_ulabel.artifact_id', 'in', artifactIds.slice(i, i + CHUNK))
      .orderBy('ulabel.name')
      .execute();
    for (const { artifact_id: artifact, id, name } of rows) {
      const known = labels.get(artifact);
      if (known === undefined) labels.set(artifact, [{ id, name }]);
      else known.push({ id, name });
    }
  }
  return labels;
}
