/**
 * One page of artifact ids. Where it begins is decided here and not left to SQLite, which without statistics of the
 * data would sort a million rows for a page of 100:
 * - *walk*: along the index of the sort order, testing each row (nothing narrows much, or nothing does);
 * - *stream*: newest first along the matches of a search, a label, a storage …, whose rows are in the order of ids;
 * - *sort*: all matches of what narrows most, if they are few.
 */
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import type { SortField } from '../../../shared/contract/index.ts';
import { orderedFrom } from '../finding-order.ts';
import type { RegistryDB } from '../schema.ts';
import { allOf, inScope, isShownScope, type Condition, type Driver, type Scope } from './condition.ts';
import { countDrivers, type CountedDriver } from './count-drivers.ts';

export interface Sort {
  field: SortField;
  descending: boolean;
}

/** The last row of the page before. */
export interface Position {
  value: string | number | null;
  id: number;
}

export interface PageQuery {
  scope: Scope;
  conditions: readonly Condition[];
  sort: Sort;
  after: Position | null;
  limit: number;
}

/** So many matches are sorted rather than looked for along an index. */
export const MOST_SORTED = 10_000;

export interface Page {
  rows: Position[];
  /** What narrows most, with its count: the total begins there too. */
  narrowest: CountedDriver | null;
}

export async function artifactPage(db: Kysely<RegistryDB>, query: PageQuery): Promise<Page> {
  const narrowest = await countDrivers(db, query.conditions, isShownScope(query.scope));
  const run = async (statement: RawBuilder<Position>): Promise<Page> => ({ rows: (await statement.execute(db)).rows, narrowest });
  if (narrowest === null) return run(walk(query));
  if (query.sort.field === 'created_at' && narrowest.driver.streams) {
    const from = await orderedFrom(db);
    if (from <= 1) return run(stream(query, narrowest.driver, null));
    if (query.sort.descending && (query.after === null || query.after.id >= from)) {
      const page = await run(stream(query, narrowest.driver, from));
      if (page.rows.length === query.limit) return page;
    }
  }
  return run(narrowest.count <= MOST_SORTED ? sorted(query, narrowest.driver) : walk(query));
}

function stream({ scope, conditions, sort, after, limit }: PageQuery, driver: Driver, from: number | null): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const bounds: RawBuilder<SqlBool>[] = [];
  if (after !== null) bounds.push(sql<SqlBool>`${driver.id} ${sql.raw(sort.descending ? '<' : '>')} ${after.id}`);
  if (from !== null) bounds.push(sql<SqlBool>`${driver.id} >= ${from}`);
  return sql<Position>`SELECT a.id AS id, a.created_at AS value FROM ${driver.from} CROSS JOIN artifact a
    WHERE ${allOf([driver.where, ...bounds, sql<SqlBool>`a.id = ${driver.id}`, ...inScope(scope), ...others(conditions, driver)])}
    ORDER BY ${driver.id} ${direction} LIMIT ${limit}`;
}

function sorted({ scope, conditions, sort, after, limit }: PageQuery, driver: Driver): RawBuilder<Position> {
  const column = sql.ref(`a.${sort.field}`);
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const rows = sql<Position>`SELECT a.id AS id, ${column} AS value FROM ${driver.from} CROSS JOIN artifact a
    WHERE ${allOf([driver.where, sql<SqlBool>`a.id = ${driver.id}`, ...inScope(scope), ...others(conditions, driver), ...beyond(sort, after)])}`;
  return sql<Position>`${rows} ORDER BY value ${direction}, id ${direction} LIMIT ${limit}`;
}

/** Everything but what the query begins with, which holds already. */
function others(conditions: readonly Condition[], driver: Driver): RawBuilder<SqlBool>[] {
  return conditions.filter((condition) => condition.driver !== driver || !driver.exact).map(({ where }) => where);
}

/** Rows after a position, NULL first in ascending order as SQLite sorts it. */
function beyond({ field, descending }: Sort, after: Position | null): RawBuilder<SqlBool>[] {
  if (after === null) return [];
  const column = sql.ref(`a.${field}`);
  const { value, id } = after;
  if (value === null) {
    return [descending ? sql<SqlBool>`(${column} IS NULL AND a.id < ${id})` : sql<SqlBool>`(${column} IS NOT NULL OR a.id > ${id})`];
  }
  return [descending ? sql<SqlBool>`(${column} IS NULL OR (${column}, a.id) < (${value}, ${id}))` : sql<SqlBool>`(${column}, a.id) > (${value}, ${id})`];
}

const INDEXES: Record<SortField, string> = {
  created_at: 'artifact_by_created',
  updated_at: 'artifact_by_updated',
  key: 'artifact_by_key',
  size: 'artifact_by_size',
  suffix: 'artifact_by_suffix',
};

/** Each part is one range of the index, so that no page ever sorts more than the ends of a few. */
function walk({ scope, conditions, sort, after, limit }: PageQuery): RawBuilder<Position> {
  const column = sql.ref(`a.${sort.field}`);
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const index = sql.raw(INDEXES[sort.field]);
  const wheres = conditions.map(({ where }) => where);
  const parts = scopeParts(scope).flatMap((part) =>
    ranges(sort, after).map(
      (range) => sql<Position>`SELECT a.id AS id, ${column} AS value FROM artifact a INDEXED BY ${index}
        WHERE ${allOf([...part, ...range, ...wheres])} ORDER BY ${column} ${direction}, a.id ${direction} LIMIT ${limit}`,
    ),
  );
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const union = sql.join(
    parts.map((part) => sql`SELECT * FROM (${part})`),
    sql` UNION ALL `,
  );
  return sql<Position>`SELECT id, value FROM (${union}) ORDER BY value ${direction}, id ${direction} LIMIT ${limit}`;
}

function scopeParts({ visibility, is_latest }: Scope): RawBuilder<SqlBool>[][] {
  const visibilities = visibility === null ? [1, 0, -1] : [visibility];
  const latest = is_latest === null ? [1, 0] : [is_latest];
  return visibilities.flatMap((v) => latest.map((l) => [sql<SqlBool>`a.visibility = ${v}`, sql<SqlBool>`a.is_latest = ${l}`]));
}

/** The rest of the order after `after` as ranges of the index: only `key` may be NULL. */
function ranges({ field, descending }: Sort, after: Position | null): RawBuilder<SqlBool>[][] {
  if (after === null) return [[]];
  const column = sql.ref(`a.${field}`);
  const { value, id } = after;
  const compare = sql.raw(descending ? '<' : '>');
  const isNull = sql<SqlBool>`${column} IS NULL`;
  if (value === null) {
    const rest = [isNull, sql<SqlBool>`a.id ${compare} ${id}`];
    return descending ? [rest] : [rest, [sql<SqlBool>`${column} IS NOT NULL`]];
  }
  const rest = [sql<SqlBool>`(${column}, a.id) ${compare} (${value}, ${id})`];
  return descending && field === 'key' ? [rest, [isNull]] : [rest];
}
