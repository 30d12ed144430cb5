/** Rows of `transfer` that no queue works on. */
import { sql } from 'kysely';
import type { Workstation } from './open-workstation.ts';
import type { TransferRow } from './schema.ts';

/** Downloads and saves that are not over: few, as somebody waits for each. */
export function activeOthers({
  db,
}: Pick<Workstation, 'db'>): Promise<Pick<TransferRow, 'id' | 'purpose' | 'state'>[]> {
  return db
    .selectFrom('transfer')
    .select(['id', 'purpose', 'state'])
    .where(sql<boolean>`state NOT IN ('done', 'cancelled')`)
    .where('purpose', '!=', 'upload')
    .execute();
}
