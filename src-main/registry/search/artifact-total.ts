/** How many artifacts a list has in all: kept where nothing narrows it, else counted up to 10,000. */
import { sql, type Kysely } from 'kysely';
import { totalValue } from '../facet-counts.ts';
import type { RegistryDB } from '../schema.ts';
import { allOf, besides, inScope, isShownScope, type Condition, type Scope } from './condition.ts';
import { MOST_COUNTED, type Narrowest } from './count-drivers.ts';

/** Null: more than 10,000 of what filters or a search leave. */
export async function artifactTotal(
  db: Kysely<RegistryDB>,
  scope: Scope,
  conditions: readonly Condition[],
  narrowest: Narrowest | null,
): Promise<number | null> {
  if (conditions.length === 0) return keptTotal(db, scope);
  const n = await countMatches(db, scope, conditions, narrowest);
  return n >= MOST_COUNTED ? null : n;
}

async function keptTotal(db: Kysely<RegistryDB>, scope: Scope): Promise<number> {
  const rows = await db.selectFrom('facet_count').select(['value', 'n']).where('facet', '=', 'total').execute();
  const visibilities = scope.visibility === null ? [1, 0, -1] : [scope.visibility];
  const latest = scope.is_latest === null ? [1, 0] : [scope.is_latest];
  const values = new Set(visibilities.flatMap((v) => latest.map((l) => totalValue(v, l))));
  return rows.reduce((sum, { value, n }) => (values.has(value) ? sum + n : sum), 0);
}

async function countMatches(db: Kysely<RegistryDB>, scope: Scope, conditions: readonly Condition[], narrowest: Narrowest | null): Promise<number> {
  if (narrowest === null) {
    const wheres = allOf([...scopeWheres(scope), ...conditions.map(({ where }) => where)]);
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM (SELECT 1 FROM artifact a ${isShownScope(scope) ? NOT_INDEXED : sql``} WHERE ${wheres} LIMIT ${MOST_COUNTED})`.execute(db);
    return rows[0]?.n ?? 0;
  }
  const { driver, count, condition } = narrowest;
  const alone = conditions.length === 1 && isShownScope(scope);
  if (alone && (driver.has === 'just the list' || driver.kept !== undefined)) return count;
  const wheres = allOf([driver.where, sql<boolean>`a.id = ${driver.id}`, ...inScope(scope), ...besides(conditions, condition, driver)]);
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM (SELECT 1 FROM ${driver.from} CROSS JOIN artifact a WHERE ${wheres} LIMIT ${MOST_COUNTED})`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Nearly all are shown: reading them as they lie is faster than by an index and then each row. */
const NOT_INDEXED = sql`NOT INDEXED`;

function scopeWheres({ visibility, is_latest }: Scope) {
  const wheres = [];
  if (visibility !== null) wheres.push(sql<boolean>`a.visibility = ${visibility}`);
  if (is_latest !== null) wheres.push(sql<boolean>`a.is_latest = ${is_latest}`);
  return wheres;
}
