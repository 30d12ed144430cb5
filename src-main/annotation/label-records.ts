/** Labels as clients see them. */
import type { Kysely } from 'kysely';
import type { LabelRecord } from '../../shared/contract/index.ts';
import type { RegistryDB } from '../registry/schema.ts';

/** By name; `ids` null: all. `n_artifacts` is the kept count of what is shown and newest. */
export async function labelRecords(db: Kysely<RegistryDB>, ids: readonly number[] | null): Promise<LabelRecord[]> {
  let query = db
    .selectFrom('ulabel')
    .innerJoin('user', 'user.id', 'ulabel.created_by_id')
    .leftJoin('ulabel as type', 'type.id', 'ulabel.type_id')
    .leftJoin('facet_count as count', (join) =>
      join.on('count.facet', '=', 'ulabel').on((on) => on('count.value', '=', on.cast<string>('ulabel.id', 'text'))),
    )
    .select([
      'ulabel.uid',
      'ulabel.name',
      'type.name as type',
      'ulabel.is_type',
      'ulabel.description',
      'count.n',
      'user.handle',
    ])
    .select(['ulabel.created_at', 'ulabel.updated_at'])
    .orderBy('ulabel.name')
    .orderBy('ulabel.id');
  if (ids !== null) query = query.where('ulabel.id', 'in', ids);
  const rows = await query.execute();
  return rows.map((row) => ({
    uid: row.uid,
    name: row.name,
    type: row.type,
    is_type: row.is_type === 1,
    description: row.description,
    n_artifacts: row.n ?? 0,
    created_by: row.handle,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }));
}
