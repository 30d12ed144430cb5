/** Which of some artifacts have which of some labels. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../registry/schema.ts';

const CHUNK = 500;

/** Link id by `"artifact_id ulabel_id"`. */
export async function linksOf(
  db: Kysely<RegistryDB>,
  artifacts: readonly { id: number }[],
  labelIds: readonly number[],
): Promise<Map<string, number>> {
  const links = new Map<string, number>();
  if (labelIds.length === 0) return links;
  for (let i = 0; i < artifacts.length; i += CHUNK) {
    const rows = await db
      .selectFrom('artifact_ulabel')
      .select(['id', 'artifact_id', 'ulabel_id'])
      .where(
        'artifact_id',
        'in',
        artifacts.slice(i, i + CHUNK).map(({ id }) => id),
      )
      .where('ulabel_id', 'in', labelIds)
      .execute();
    for (const { id, artifact_id: artifact, ulabel_id: label } of rows)
      links.set(`${String(artifact)} ${String(label)}`, id);
  }
  return links;
}
