/** A filter as SQL about one row: values are parameters, names come from the lists of `shared/filters` only. */
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import {
  filterRelation,
  foldFilterText,
  type FilterExpression,
  type FilterRegistryName,
  type FilterValue,
} from '../../../shared/filters/index.ts';

type Sql = RawBuilder<SqlBool>;

/** What is known only outside of the registry. */
export interface FilterSurroundings {
  /** Ids of storages that can't be reached from here now. */
  offline: readonly number[];
}

/** `filter` about the row `alias` of `artifact`. */
export function filterSql(filter: FilterExpression, alias: string, surroundings: FilterSurroundings): Sql {
  return holds({ filter, surroundings }, 'artifact', alias, filter.path);
}

/** The part of `filter` behind its first relation, about the row `alias` of the table that the relation leads to. */
export function relatedSql(filter: FilterExpression, registry: FilterRegistryName, alias: string): Sql {
  return holds({ filter, surroundings: { offline: [] } }, registry, alias, filter.path.slice(1));
}

interface Holding {
  filter: FilterExpression;
  surroundings: FilterSurroundings;
}

function holds(holding: Holding, registry: FilterRegistryName, alias: string, path: readonly string[]): Sql {
  const [step = '', ...rest] = path;
  const relation = rest.length === 0 ? undefined : filterRelation(registry, step);
  if (relation === undefined) return compare(columnOf(holding, registry, alias, step), holding.filter);
  const next = `${alias}_${step}`;
  const inner = holds(holding, relation.to, next, rest);
  const link = linkTo(registry, step, relation.to, alias, next);
  const found = sql<SqlBool>`EXISTS (SELECT 1 FROM ${link.from} WHERE ${link.joined} AND ${inner})`;
  if (!isNullFilter(holding.filter)) return found;
  return sql<SqlBool>`(${found} OR NOT EXISTS (SELECT 1 FROM ${link.from} WHERE ${link.joined}))`;
}

/** A missing record fits only `isnull: true`. */
function isNullFilter(filter: FilterExpression): boolean {
  return filter.comparator === 'isnull' && filter.isnull;
}

/** How rows of `to` (as `next`) are reached from the row `alias`. */
function linkTo(registry: FilterRegistryName, relation: string, to: FilterRegistryName, alias: string, next: string) {
  const target = sql`${sql.table(to)} AS ${sql.ref(next)}`;
  const id = sql.ref(`${next}.id`);
  const own = sql.ref(`${alias}.id`);
  if (relation === 'ulabels' || relation === 'collections') {
    const links = sql.table(relation === 'ulabels' ? 'artifact_ulabel' : 'collection_artifact');
    const link = `${next}_link`;
    const column = relation === 'ulabels' ? 'ulabel_id' : 'collection_id';
    return {
      from: sql`${links} AS ${sql.ref(link)} CROSS JOIN ${target}`,
      joined: sql<SqlBool>`${sql.ref(`${link}.artifact_id`)} = ${own} AND ${id} = ${sql.ref(`${link}.${column}`)}`,
    };
  }
  if (relation === 'copies') return { from: target, joined: sql<SqlBool>`${sql.ref(`${next}.artifact_id`)} = ${own}` };
  if (registry === 'artifact' && relation === 'transform') {
    const run = `${next}_run`;
    return {
      from: sql`${sql.table('run')} AS ${sql.ref(run)} CROSS JOIN ${target}`,
      joined: sql<SqlBool>`${sql.ref(`${run}.id`)} = ${sql.ref(`${alias}.run_id`)} AND ${id} = ${sql.ref(`${run}.transform_id`)}`,
    };
  }
  return { from: target, joined: sql<SqlBool>`${id} = ${sql.ref(`${alias}.${relation}_id`)}` };
}

function columnOf(
  { surroundings }: Holding,
  registry: FilterRegistryName,
  alias: string,
  field: string,
): RawBuilder<unknown> {
  const column = sql.ref(`${alias}.${field}`);
  if (registry !== 'artifact' || field !== 'state' || surroundings.offline.length === 0) return sql`${column}`;
  const storage = sql.ref(`${alias}.storage_id`);
  return sql`CASE WHEN ${column} <> 'missing' AND ${storage} IN (${sql.join(surroundings.offline)}) THEN 'offline' ELSE ${column} END`;
}

/** Everything here is false, never NULL, or NULL where the value is missing: nothing negates it. */
export function compare(column: RawBuilder<unknown>, filter: FilterExpression): Sql {
  switch (filter.comparator) {
    case 'isnull':
      return filter.isnull ? sql<SqlBool>`${column} IS NULL` : sql<SqlBool>`${column} IS NOT NULL`;
    case 'exact':
      return sql<SqlBool>`${column} = ${toSql(filter.value)}`;
    case 'gt':
      return sql<SqlBool>`${column} > ${toSql(filter.value)}`;
    case 'gte':
      return sql<SqlBool>`${column} >= ${toSql(filter.value)}`;
    case 'lt':
      return sql<SqlBool>`${column} < ${toSql(filter.value)}`;
    case 'lte':
      return sql<SqlBool>`${column} <= ${toSql(filter.value)}`;
    case 'in':
      return sql<SqlBool>`${column} IN (${sql.join(filter.values.map(toSql))})`;
    case 'range':
      return sql<SqlBool>`${column} BETWEEN ${toSql(filter.low)} AND ${toSql(filter.high)}`;
    case 'iexact':
      return sql<SqlBool>`bk_fold(${column}) = ${foldFilterText(filter.value)}`;
    case 'contains':
      return sql<SqlBool>`instr(${column}, ${filter.value}) > 0`;
    case 'icontains':
      return sql<SqlBool>`instr(bk_fold(${column}), ${foldFilterText(filter.value)}) > 0`;
    case 'startswith':
      return beginsWith(column, filter.value);
    case 'istartswith':
      return beginsWith(sql`bk_fold(${column})`, foldFilterText(filter.value));
    case 'endswith':
      return sql<SqlBool>`substr(${column}, -length(${filter.value}), length(${filter.value})) = ${filter.value}`;
  }
}

function beginsWith(text: RawBuilder<unknown>, prefix: string): Sql {
  return sql<SqlBool>`substr(${text}, 1, length(${prefix})) = ${prefix}`;
}

function toSql(value: FilterValue): string | number {
  return typeof value === 'boolean' ? (value ? 1 : 0) : value;
}
