/** Which artifacts a list has in all, as long as they are at most 10,000: page and total then come from one look. */
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import { totalValue } from '../facet-counts.ts';
import type { RegistryDB } from '../schema.ts';
import { allOf, besides, inScope, isShownScope, type Condition, type Driver, type Scope } from './condition.ts';
import { MOST_COUNTED, type Narrowest } from './count-drivers.ts';

/** The kept count of all artifacts of a scope. */
export async function keptTotal(db: Kysely<RegistryDB>, scope: Scope): Promise<number> {
  const rows = await db.selectFrom('facet_count').select(['value', 'n']).where('facet', '=', 'total').execute();
  const visibilities = scope.visibility === null ? [1, 0, -1] : [scope.visibility];
  const latest = scope.is_latest === null ? [1, 0] : [scope.is_latest];
  const values = new Set(visibilities.flatMap((v) => latest.map((l) => totalValue(v, l))));
  return rows.reduce((sum, { value, n }) => (values.has(value) ? sum + n : sum), 0);
}

/** Ascending; null where there are more than 10,000. */
export async function matchingIds(
  db: Kysely<RegistryDB>,
  scope: Scope,
  conditions: readonly Condition[],
  narrowest: Narrowest | null,
): Promise<number[] | null> {
  if (narrowest !== null && (await areTooMany(db, scope, conditions, narrowest))) return null;
  const { rows } = await sql<{ n: number; ids: string }>`
    SELECT count(*) AS n, json_group_array(id) AS ids FROM (${matches(scope, conditions, narrowest)} LIMIT ${MOST_COUNTED})`.execute(
    db,
  );
  const { n = 0, ids = '[]' } = rows[0] ?? {};
  return n >= MOST_COUNTED ? null : (JSON.parse(ids) as number[]).sort((a, b) => a - b);
}

/** True if the likely part alone has more than 10,000; false says nothing. */
async function areTooMany(
  db: Kysely<RegistryDB>,
  scope: Scope,
  conditions: readonly Condition[],
  { condition, driver, count }: Narrowest,
): Promise<boolean> {
  if (driver.likely === undefined || count < MOST_COUNTED) return false;
  const part: Driver = { ...driver, where: driver.likely };
  const isMany = async (rows: RawBuilder<unknown>): Promise<boolean> => {
    const counted = await sql<{ n: number }>`SELECT count(*) AS n FROM (${rows} LIMIT ${MOST_COUNTED})`.execute(db);
    return (counted.rows[0]?.n ?? 0) >= MOST_COUNTED;
  };
  if (!(await isMany(sql`SELECT ${part.id} AS id FROM ${part.from} WHERE ${part.where}`))) return false;
  return isMany(matches(scope, conditions, { condition, driver: part, count, ids: null }));
}

function matches(scope: Scope, conditions: readonly Condition[], narrowest: Narrowest | null): RawBuilder<unknown> {
  if (narrowest === null) {
    // Nearly all are shown: reading them as they lie is faster than by an index and then each row.
    const from = isShownScope(scope) ? sql`artifact a NOT INDEXED` : sql`artifact a`;
    return sql`SELECT a.id AS id FROM ${from} WHERE ${allOf([...indexedScope(scope), ...conditions.map(({ where }) => where)])}`;
  }
  const { driver, condition } = narrowest;
  const wheres = [
    driver.where,
    sql<SqlBool>`a.id = ${driver.id}`,
    ...inScope(scope),
    ...besides(conditions, condition, driver),
  ];
  return sql`SELECT a.id AS id FROM ${driver.from} CROSS JOIN artifact a WHERE ${allOf(wheres)}`;
}

function indexedScope({ visibility, is_latest }: Scope): RawBuilder<SqlBool>[] {
  const wheres: RawBuilder<SqlBool>[] = [];
  if (visibility !== null) wheres.push(sql<SqlBool>`a.visibility = ${visibility}`);
  if (is_latest !== null) wheres.push(sql<SqlBool>`a.is_latest = ${is_latest}`);
  return wheres;
}
