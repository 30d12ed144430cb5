/** Where a query with a filter may begin: an index that has just the rows, so that rare values are found at once. */
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import { filterRelation, type FilterExpression } from '../../../shared/filters/index.ts';
import { searchableText, WORD_START } from '../../../shared/search-terms.ts';
import type { RegistryDB } from '../schema.ts';
import { isShownScope, type Driver, type Scope } from '../search/condition.ts';
import { matchArgument } from '../search/search-index.ts';
import { compare, relatedSql } from './filter-sql.ts';

type Sql = RawBuilder<SqlBool>;
const ID = sql<number>`d.id`;
/** A filter that fits more records of a related table than this begins somewhere else. */
const MOST_RELATED = 200;

/** Undefined where no index helps. */
export async function filterDriver(
  db: Kysely<RegistryDB>,
  filter: FilterExpression,
  scope: Scope,
  offline: readonly number[],
): Promise<Driver | undefined> {
  const [first = '', second] = filter.path;
  if (second !== undefined) return relationDriver(db, filter, first);
  if (filter.comparator === 'exact') {
    const value = filter.value;
    if (first === 'uid') return along('sqlite_autoindex_artifact_1', sql<SqlBool>`d.uid = ${value}`);
    if (first === 'sha256') return along('artifact_sha256', sql<SqlBool>`d.sha256 = ${value}`, false);
    if (first === 'kind')
      return {
        ...along('artifact_by_kind', sql<SqlBool>`d.kind = ${value}`),
        kept: { facet: 'kind', value: String(value) },
      };
    if (first === 'state') return stateDriver(String(value), offline);
  }
  if (first === 'uid' && filter.comparator === 'startswith')
    return along('sqlite_autoindex_artifact_1', prefixRange(sql`d.uid`, filter.value), false);
  if (first === 'sha256' && filter.comparator === 'startswith')
    return along('artifact_sha256', prefixRange(sql`d.sha256`, filter.value), false);
  return sortedDriver(filter, first, scope) ?? textDriver(db, filter, first, scope);
}

function along(index: string, where: Sql, streams = true): Driver {
  return { from: sql`artifact d INDEXED BY ${sql.raw(index)}`, where, id: ID, streams, has: 'the condition' };
}

function stateDriver(state: string, offline: readonly number[]): Driver | undefined {
  if (state === 'offline') {
    if (offline.length === 0) return along('artifact_by_storage', sql<SqlBool>`d.storage_id = -1`);
    return {
      ...along('artifact_by_storage', sql<SqlBool>`d.storage_id IN (${sql.join(offline)})`, offline.length === 1),
      has: 'more',
    };
  }
  // The first part lets SQLite see that the index, which leaves out what is ok, has them all.
  if (state === 'ok') return undefined;
  return { ...along('artifact_by_state', sql<SqlBool>`d.state <> 'ok' AND d.state = ${state}`), has: 'more' };
}

const SORTED: Record<string, string | undefined> = {
  key: 'artifact_by_key',
  size: 'artifact_by_size',
  suffix: 'artifact_by_suffix',
  created_at: 'artifact_by_created',
  updated_at: 'artifact_by_updated',
};

/** A range of an index of sorted lists. */
function sortedDriver(filter: FilterExpression, field: string, scope: Scope): Driver | undefined {
  const index = SORTED[field];
  if (index === undefined || scope.visibility === null || scope.is_latest === null) return undefined;
  const column = sql`${sql.ref(`d.${field}`)}`;
  let range: Sql;
  if (filter.comparator === 'startswith') range = prefixRange(column, filter.value);
  else if (['exact', 'gt', 'gte', 'lt', 'lte', 'range', 'in'].includes(filter.comparator))
    range = compare(column, filter);
  else return undefined;
  const where = sql<SqlBool>`d.visibility = ${scope.visibility} AND d.is_latest = ${scope.is_latest} AND ${range}`;
  const driver: Driver = { ...along(index, where, filter.comparator === 'exact'), has: 'just the list' };
  const isKept = field === 'suffix' && filter.comparator === 'exact' && isShownScope(scope);
  return isKept ? { ...driver, kept: { facet: 'suffix', value: String(filter.value) } } : driver;
}

/** Text that begins with `prefix`, as a range that an index can give; the second part makes it exact. */
function prefixRange(column: RawBuilder<unknown>, prefix: string): Sql {
  if (prefix === '') return sql<SqlBool>`${column} IS NOT NULL`;
  return sql<SqlBool>`${column} >= ${prefix} AND ${column} < ${`${prefix}\u{10ffff}`} AND substr(${column}, 1, length(${prefix})) = ${prefix}`;
}

const INSIDE = new Set<string>(['contains', 'icontains', 'istartswith', 'endswith', 'iexact']);

/** Parts of keys and descriptions come from the full-text index, whose matches are then compared exactly. */
async function textDriver(
  db: Kysely<RegistryDB>,
  filter: FilterExpression,
  field: string,
  scope: Scope,
): Promise<Driver | undefined> {
  if (!isShownScope(scope) || !['key', 'description'].includes(field) || !INSIDE.has(filter.comparator))
    return undefined;
  const text = 'value' in filter ? String(filter.value) : '';
  // Beyond ASCII, folding may depend on what stands around a part.
  const part = /^[\0-\x7f]*$/.test(text) ? searchableText(text).slice(WORD_START.length) : '';
  if (part.length < 3) return undefined;
  const rarest = await rarestTrigrams(db, part);
  const driver: Driver = {
    from: sql`search_shown d`,
    where: sql<SqlBool>`search_shown MATCH ${matchArgument(rarest)}`,
    id: sql<number>`d.rowid`,
    streams: true,
    has: 'more',
  };
  // "plate_5/": behind what separates there is a word in most keys, which tells it from "plate_51/"; not in all.
  if (!/[^a-z0-9]$/i.test(text) || filter.comparator === 'iexact' || filter.comparator === 'endswith') return driver;
  const end = part.slice(-2) + WORD_START;
  return { ...driver, likely: sql<SqlBool>`search_shown MATCH ${matchArgument([...rarest, end])}` };
}

const PROBED = 100;

/**
 * The two sequences of three characters of `part` that the fewest texts seem to have: those whose hundredth text comes
 * last. All of them in a row would be exact, but cost the reading of every one.
 */
async function rarestTrigrams(db: Kysely<RegistryDB>, part: string): Promise<string[]> {
  const trigrams = new Set<string>();
  for (let i = 0; i + 3 <= part.length && i < PROBED; i++) trigrams.add(part.slice(i, i + 3));
  if (trigrams.size <= 2) return [...trigrams];
  const ranked: { trigram: string; hundredth: number }[] = [];
  for (const trigram of trigrams) {
    const { rows } = await sql<{ id: number }>`
      SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${matchArgument([trigram])} LIMIT 1 OFFSET ${PROBED}`.execute(
      db,
    );
    ranked.push({ trigram, hundredth: rows[0]?.id ?? Infinity });
  }
  ranked.sort((a, b) => (a.hundredth === b.hundredth ? 0 : b.hundredth - a.hundredth));
  return ranked.slice(0, 2).map(({ trigram }) => trigram);
}

const RELATED: Record<string, { index: string; column: string; facet?: string } | undefined> = {
  storage: { index: 'artifact_by_storage', column: 'storage_id', facet: 'storage' },
  created_by: { index: 'artifact_by_user', column: 'created_by_id', facet: 'created_by' },
  run: { index: 'artifact_by_run', column: 'run_id' },
};

/** Storages, users, labels and runs that a filter fits are few: looked up first, they lead to their artifacts. */
async function relationDriver(
  db: Kysely<RegistryDB>,
  filter: FilterExpression,
  relation: string,
): Promise<Driver | undefined> {
  const target = filterRelation('artifact', relation);
  if (target === undefined || (filter.comparator === 'isnull' && filter.isnull)) return undefined;
  const related = RELATED[relation];
  if (related === undefined && relation !== 'ulabels') return undefined;
  const { rows } = await sql<{ id: number }>`
    SELECT r.id AS id FROM ${sql.table(target.to)} AS r WHERE ${relatedSql(filter, target.to, 'r')} LIMIT ${MOST_RELATED + 1}`.execute(
    db,
  );
  if (rows.length > MOST_RELATED) return undefined;
  const ids = rows.length === 0 ? [-1] : rows.map(({ id }) => id);
  const [id = -1] = ids;
  if (related !== undefined) {
    const column = sql.ref(`d.${related.column}`);
    if (ids.length > 1) return along(related.index, sql<SqlBool>`${column} IN (${sql.join(ids)})`, false);
    const driver = along(related.index, sql<SqlBool>`${column} = ${id}`);
    return related.facet === undefined ? driver : { ...driver, kept: { facet: related.facet, value: String(id) } };
  }
  if (ids.length === 1) {
    const from = sql`artifact_ulabel d INDEXED BY artifact_ulabel_newest`;
    const labelled: Driver = {
      from,
      where: sql<SqlBool>`d.ulabel_id = ${id}`,
      id: sql<number>`d.artifact_id`,
      streams: true,
      has: 'the condition',
    };
    return { ...labelled, kept: { facet: 'ulabel', value: String(id) } };
  }
  const from = sql`(SELECT DISTINCT artifact_id AS id FROM artifact_ulabel WHERE ulabel_id IN (${sql.join(ids)})) d`;
  return { from, where: sql<SqlBool>`1`, id: ID, streams: false, has: 'the condition' };
}
