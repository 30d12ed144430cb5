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
import { narrowestOf, type Narrowest } from './count-drivers.ts';

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
  /** What narrows most, with its count: the total begins there too. Null: nothing does, or it need not be known. */
  narrowest: Narrowest | null;
}

export async function artifactPage(db: Kysely<RegistryDB>, query: PageQuery): Promise<Page> {
  const run = async (statement: RawBuilder<Position>, narrowest: Narrowest | null): Promise<Page> => ({
    rows: (await statement.execute(db)).rows,
    narrowest,
  });
  const { conditions, sort, after, limit } = query;
  if (conditions.length === 0) return run(walk(query), null);
  const from = sort.field === 'created_at' ? await orderedFrom(db) : Infinity;
  const [first] = conditions;
  // The next page of a single search or label goes on where the last one ended.
  if (from <= 1 && after !== null && conditions.length === 1 && first?.driver?.streams === true) {
    return run(stream(query, first, first.driver, null), null);
  }

  const narrowest = await narrowestOf(db, conditions, isShownScope(query.scope));
  const few = narrowest !== null && narrowest.count <= (query.mostSorted ?? MOST_SORTED);
  if (few && narrowest.ids !== null) return run(sorted(query, narrowest.condition, driverOfIds(endOf(narrowest.ids, query, from))), narrowest);
  if (narrowest === null && from <= 1 && isShownScope(query.scope)) return run(table(query), null);
  if (narrowest?.driver.streams === true) {
    const { condition, driver } = narrowest;
    if (from <= 1) return run(stream(query, condition, driver, null), narrowest);
    if (sort.descending && from < Infinity && (after === null || after.id >= from)) {
      const page = await run(stream(query, condition, driver, from), narrowest);
      if (page.rows.length === limit) return page;
    }
  }
  return run(few ? sorted(query, narrowest.condition, narrowest.driver) : walk(query), narrowest);
}

/** All of `ids`; of a single condition, in the order of time, only those that the page can have. */
function endOf(ids: readonly number[], { conditions, sort, after, limit }: PageQuery, from: number): readonly number[] {
  if (from > 1 || conditions.length > 1 || after !== null) return ids;
  return sort.descending ? ids.slice(-limit) : ids.slice(0, limit);
}

function driverOfIds(ids: readonly number[]): Driver {
  return { from: sql`json_each(${JSON.stringify(ids)}) d`, where: sql<SqlBool>`1`, id: sql<number>`d.value`, streams: false, has: 'just the list' };
}

/** Where no index helps, rows are read as they lie: a third of the time of an index and then each row. */
function table({ scope, conditions, sort, after, limit }: PageQuery): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const bounds = after === null ? [] : [sql<SqlBool>`a.id ${sql.raw(sort.descending ? '<' : '>')} ${after.id}`];
  return sql<Position>`SELECT a.id AS id, a.created_at AS value FROM artifact a NOT INDEXED
    WHERE ${allOf([...bounds, ...inScope(scope), ...conditions.map(({ where }) => where)])} ORDER BY a.id ${direction} LIMIT ${limit}`;
}

function stream({ scope, conditions, sort, after, limit }: PageQuery, along: Condition, driver: Driver, from: number | null): RawBuilder<Position> {
  const direction = sql.raw(sort.descending ? 'DESC' : 'ASC');
  const bounds: RawBuilder<SqlBool>[] = [];
  if (after !== null) bounds.push(sql<SqlBool>`${driver.id} ${sql.raw(sort.descending ? '<' : '>')} ${after.id}`);
  if (from !== null) bounds.push(sql<SqlBool>`${driver.id} >= ${from}`);
  return sql<Position>`SELECT a.id AS id, a.created_at AS value FROM ${driver.from} CROSS JOIN artifact a
    WHERE ${allOf([driver.where, ...bounds, sql<SqlBool>`a.id = ${driver.id}`, ...inScope(scope), ...besides(conditions, along, driver)])}
    ORDER BY ${driver.id} ${direction} LIMIT ${limit}`;
}

function sorted({ scope, conditions, sort, after, limit }: PageQuery, along: Condition, driver: Driver): RawBuilder<Position> {
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
