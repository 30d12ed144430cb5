/** Filters as conditions of a query. */
import type { Kysely } from 'kysely';
import { parseFilter } from '../../../shared/filters/index.ts';
import type { RegistryDB } from '../schema.ts';
import type { Condition, Scope } from '../search/condition.ts';
import { filterDriver } from './filter-drivers.ts';
import { filterSql } from './filter-sql.ts';

/**
 * `offline`: storages that can't be reached from here, for the computed state. Outside of the trash a filter on
 * `visibility` or `is_latest` replaces that part of the scope. Error: `invalid_filter`.
 */
export async function filterConditions(
  db: Kysely<RegistryDB>,
  texts: readonly string[],
  scope: Scope,
  offline: readonly number[],
): Promise<{ scope: Scope; conditions: Condition[] }> {
  const filters = texts.map(parseFilter);
  const names = new Set(filters.map(({ path }) => path.join('__')));
  const own: Scope = {
    visibility: names.has('visibility') && scope.visibility !== -1 ? null : scope.visibility,
    is_latest: names.has('is_latest') ? null : scope.is_latest,
  };
  const conditions: Condition[] = [];
  for (const filter of filters) {
    const where = filterSql(filter, 'a', { offline });
    const driver = await filterDriver(db, filter, own, offline);
    conditions.push(driver === undefined ? { where } : { where, driver });
  }
  return { scope: own, conditions };
}
