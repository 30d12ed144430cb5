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
import { allOf, besides, inScope, isShownScope, type Condition, type Driver, type Scope } from './condition.ts';
import { MOST_COUNTED, narrowestOf, type Narrowest } from './count-drivers.ts';
import { keptTotal, matchingIds } from './matching-ids.ts';

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
  /** Another bound than MOST_SORTED, for tests. */
  mostSorted?: number;
}

/** So many matches are sorted rather than looked for along an index. */
export const MOST_SORTED = 10_000;

export interface Page {
  rows: Position[];
  /** Exact without conditions and up to 10,000 with them, else null. Undefined for pages after the first. */
  total: number | null | undefined;
}

export async function artifactPage(db: Kysely<RegistryDB>, query: PageQuery): Promise<Page> {
  const { scope, conditions, sort, after } = query;
  const rowsOf = async (statement: RawBuilder<Position>): Promise<Position[]> => (await statement.execute(db)).rows;
  const isFirst = after === null;
  if (conditions.length === 0)
    return { rows: await rowsOf(walk(query)), total: isFirst ? await keptTotal(db, scope) : undefined };

  const from = sort.field === 'created_at' ? await orderedFrom(db) : Infinity;
  const [first] = conditions;
  // The next page of a single search or label goes on where the last one ended.
  if (!isFirst && from <= 1 && conditions.length === 1 && first?.driver?.streams === true) {
    return { rows: await rowsOf(stream(query, first, first.driver, null)), total: undefined };
  }
  const narrowest = await narrowestOf(db, conditions, isShownScope(scope));
  const counted = countOfList(query, narrowest);
  if (counted !== null && (narrowest?.ids ?? null) === null) {
    const total = counted < MOST_COUNTED ? counted : null;
    return { rows: await page(db, query, narrowest, from), total: isFirst ? total : undefined };
  }
  const ids = counted !== null ? narrowest?.ids : isFirst ? await matchingIds(db, scope, conditions, narrowest) : null;
  if (ids === null || ids === undefined || ids.length > (query.mostSorted ?? MOST_SORTED)) {
    return { rows: await page(db, query, narrowest, from), total: isFirst ? (ids?.length ?? null) : undefined };
  }
  return { rows: await rowsOf(sortedIds(query, endOf(ids, query, from))), total: isFirst ? ids.length : undefined };
}

/** How many artifacts the list has, where counting what narrows most has told that already. */
function countOfList({ scope, conditions }: PageQuery, narrowest: Narrowest | null): number | null {
  if (narrowest === null || conditions.length > 1) return null;
  const { driver, count } = narrowest;
  return driver.has === 'just the list' || (driver.kept !== undefined && isShownScope(scope)) ? count : null;
}

async function page(
  db: Kysely<RegistryDB>,
  query: PageQuery,
  narrowest: Narrowest | null,
  from: number,
): Promise<Position[]> {
  const rowsOf = async (statement: RawBuilder<Position>): Promise<Position[]> => (await statement.execute(db)).rows;
  const { scope, sort, after, limit } = query;
  if (narrowest === null) return rowsOf(from <= 1 && isShownScope(scope) ? table(query) : walk(query));
  const { condition, driver, count } = narrowest;
  if (driver.streams) {
    if (from <= 1) return rowsOf(stream(query, condition, driver, null));
    if (sort.descending && from < Infinity && (after === null || after.id >= from)) {
      const rows = await rowsOf(stream(query, condition, driver, from));
      if (rows.length === limit) return rows;
    }
  }
  return rowsOf(count <= (query.mostSorted ?? MOST_SORTED) ? sorted(query, condition, driver) : walk(query));
}

/** All of `ids`; of a first page in the order of time, only those that it can have. */
function endOf(ids: readonly number[], { sort, after, limit }: PageQuery, from: number): readonly number[] {
  if (from > 1 || after !== null) return ids;
  return sort.descending ? ids.slice(-limit) : ids.slice(0, limit);
}

/** Of artifacts that are known to be those of the list. */
function sortedIds({ sort, after, limit }: PageQuery, ids: readonly number[]): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  return sql<Position>`SELECT a.id AS id, ${sql.ref(`a.${sort.field}`)} AS value FROM json_each(${JSON.stringify(ids)}) d CROSS JOIN artifact a
    WHERE ${allOf([sql<SqlBool>`a.id = d.value`, ...beyond(sort, after)])} ORDER BY value ${direction}, id ${direction} LIMIT ${limit}`;
}

/** Where no index helps, rows are read as they lie: a third of the time of an index and then each row. */
function table({ scope, conditions, sort, after, limit }: PageQuery): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const bounds = after === null ? [] : [sql<SqlBool>`a.id ${sql.raw(sort.descending ? '<' : '>')} ${after.id}`];
  return sql<Position>`SELECT a.id AS id, a.created_at AS value FROM artifact a NOT INDEXED
    WHERE ${allOf([...bounds, ...inScope(scope), ...conditions.map(({ where }) => where)])} ORDER BY a.id ${direction} LIMIT ${limit}`;
}

function stream(
  { scope, conditions, sort, after, limit }: PageQuery,
  along: Condition,
  driver: Driver,
  from: number | null,
): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const bounds: RawBuilder<SqlBool>[] = [];
  if (after !== null) bounds.push(sql<SqlBool>`${driver.id} ${sql.raw(sort.descending ? '<' : '>')} ${after.id}`);
  if (from !== null) bounds.push(sql<SqlBool>`${driver.id} >= ${from}`);
  return sql<Position>`SELECT a.id AS id, a.created_at AS value FROM ${driver.from} CROSS JOIN artifact a
    WHERE ${allOf([driver.where, ...bounds, sql<SqlBool>`a.id = ${driver.id}`, ...inScope(scope), ...besides(conditions, along, driver)])}
    ORDER BY ${driver.id} ${direction} LIMIT ${limit}`;
}

function sorted(
  { scope, conditions, sort, after, limit }: PageQuery,
  along: Condition,
  driver: Driver,
): RawBuilder<Position> {
  const column = sql.ref(`a.${sort.field}`);
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const rows = sql<Position>`SELECT a.id AS id, ${column} AS value FROM ${driver.from} CROSS JOIN artifact a
    WHERE ${allOf([driver.where, sql<SqlBool>`a.id = ${driver.id}`, ...inScope(scope), ...besides(conditions, along, driver), ...beyond(sort, after)])}`;
  return sql<Position>`${rows} ORDER BY value ${direction}, id ${direction} LIMIT ${limit}`;
}

/** Rows after a position, NULL first in ascending order as SQLite sorts it. */
function beyond({ field, descending }: Sort, after: Position | null): RawBuilder<SqlBool>[] {
  if (after === null) return [];
  const column = sql.ref(`a.${field}`);
  const { value, id } = after;
  if (value === null) {
    return [
      descending
        ? sql<SqlBool>`(${column} IS NULL AND a.id < ${id})`
        : sql<SqlBool>`(${column} IS NOT NULL OR a.id > ${id})`,
    ];
  }
  return [
    descending
      ? sql<SqlBool>`(${column} IS NULL OR (${column}, a.id) < (${value}, ${id}))`
      : sql<SqlBool>`(${column}, a.id) > (${value}, ${id})`,
  ];
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
  return visibilities.flatMap((v) =>
    latest.map((l) => [sql<SqlBool>`a.visibility = ${v}`, sql<SqlBool>`a.is_latest = ${l}`]),
  );
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
