/** Which of several conditions narrows most. */
import { sql, type Kysely } from 'kysely';
import type { RegistryDB } from '../schema.ts';
import type { Condition, Driver } from './condition.ts';

/** Counts end here: a list's total is exact up to 10,000. */
export const MOST_COUNTED = 10_001;

/** `count` is at most MOST_COUNTED; or the kept count, whatever it is. */
export interface CountedDriver {
  driver: Driver;
  count: number;
}

/** `shown`: the list is of what is shown and newest, for which counts are kept. */
export async function countDrivers(db: Kysely<RegistryDB>, conditions: readonly Condition[], shown: boolean): Promise<CountedDriver | null> {
  let narrowest: CountedDriver | null = null;
  for (const { driver } of conditions) {
    if (driver === undefined) continue;
    const count = await countDriver(db, driver, shown);
    const better = narrowest === null || count < narrowest.count || (count === narrowest.count && driver.streams && !narrowest.driver.streams);
    if (better) narrowest = { driver, count };
  }
  return narrowest;
}

async function countDriver(db: Kysely<RegistryDB>, driver: Driver, shown: boolean): Promise<number> {
  if (shown && driver.kept !== undefined) {
    const { facet, value } = driver.kept;
    const row = await db.selectFrom('facet_count').select('n').where('facet', '=', facet).where('value', '=', value).executeTakeFirst();
    return row?.n ?? 0;
  }
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM (SELECT 1 FROM ${driver.from} WHERE ${driver.where} LIMIT ${MOST_COUNTED})`.execute(db);
  return rows[0]?.n ?? 0;
}
