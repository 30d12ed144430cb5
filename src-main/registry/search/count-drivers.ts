/** Which of several conditions narrows most. */
import { sql, type Kysely } from 'kysely';
import type { RegistryDB } from '../schema.ts';
import type { Condition, Driver } from './condition.ts';

/** Counts end here: a list's total is exact up to 10,000. */
export const MOST_COUNTED = 10_001;

export interface Narrowest {
  condition: Condition;
  driver: Driver;
  /** At most MOST_COUNTED; or the kept count, whatever it is. */
  count: number;
  /** Ascending, where counting gave them: a search is not made twice. */
  ids: readonly number[] | null;
}

/** `shown`: the list is of what is shown and newest, for which counts are kept. Null: no condition has a driver. */
export async function narrowestOf(
  db: Kysely<RegistryDB>,
  conditions: readonly Condition[],
  shown: boolean,
): Promise<Narrowest | null> {
  let narrowest: Narrowest | null = null;
  for (const condition of conditions) {
    const { driver } = condition;
    if (driver === undefined) continue;
    const counted = await count(db, driver, shown);
    const better =
      narrowest === null ||
      counted.count < narrowest.count ||
      (counted.count === narrowest.count && driver.streams && !narrowest.driver.streams);
    if (better) narrowest = { condition, driver, ...counted };
  }
  return narrowest;
}

async function count(
  db: Kysely<RegistryDB>,
  driver: Driver,
  shown: boolean,
): Promise<Pick<Narrowest, 'count' | 'ids'>> {
  if (shown && driver.kept !== undefined) {
    const { facet, value } = driver.kept;
    const row = await db
      .selectFrom('facet_count')
      .select('n')
      .where('facet', '=', facet)
      .where('value', '=', value)
      .executeTakeFirst();
    return { count: row?.n ?? 0, ids: null };
  }
  const listed = driver.has === 'just the list' && driver.streams ? sql`json_group_array(id)` : sql`NULL`;
  const { rows } = await sql<{ n: number; ids: string | null }>`
    SELECT count(*) AS n, ${listed} AS ids
    FROM (SELECT ${driver.id} AS id FROM ${driver.from} WHERE ${driver.where} LIMIT ${MOST_COUNTED})`.execute(db);
  const { n = 0, ids = null } = rows[0] ?? {};
  if (ids === null || n >= MOST_COUNTED) return { count: n, ids: null };
  return { count: n, ids: (JSON.parse(ids) as number[]).sort((a, b) => a - b) };
}
