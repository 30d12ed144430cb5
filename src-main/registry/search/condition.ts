/** What narrows a list of artifacts, in the forms that a query is put together from. */
import { sql, type RawBuilder, type SqlBool } from 'kysely';

/**
 * A set of rows that has an artifact id in each: where a query may begin instead of at all artifacts.
 * `FROM ${from} WHERE ${where}`, ids in `id`, each once.
 */
export interface Driver {
  from: RawBuilder<unknown>;
  where: RawBuilder<SqlBool>;
  id: RawBuilder<number>;
  /** Its rows come in the order of ids, both ways, without sorting. */
  streams: boolean;
  /**
   * What its rows are known to be: of the condition and of the scope, so that their count is that of the list; of the
   * condition; or only a part that has all of them, each still to be looked at.
   */
  has: 'just the list' | 'the condition' | 'more';
  /**
   * Instead of `where`, a part of its rows that seems to have nearly all that hold: if that has too many to be counted,
   * the rest need not be read.
   */
  likely?: RawBuilder<SqlBool>;
  /** Facet and value under which the count of what is shown is kept, where it is. */
  kept?: { facet: string; value: string };
}

export interface Condition {
  /** About a row of `artifact a`. */
  where: RawBuilder<SqlBool>;
  driver?: Driver;
}

/** Which artifacts a list is about. `shown`: visible and newest; null: the filters say it themselves. */
export interface Scope {
  visibility: number | null;
  is_latest: number | null;
}

export const SHOWN: Scope = { visibility: 1, is_latest: 1 };

export function isShownScope(scope: Scope): boolean {
  return scope.visibility === 1 && scope.is_latest === 1;
}

export function allOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  return conditions.length === 0 ? sql<SqlBool>`1` : sql<SqlBool>`${sql.join(conditions, sql` AND `)}`;
}

/** The scope as a condition that no index is chosen for: the query begins elsewhere. */
export function inScope(scope: Scope): RawBuilder<SqlBool>[] {
  const parts: RawBuilder<SqlBool>[] = [];
  if (scope.visibility !== null) parts.push(sql<SqlBool>`+a.visibility = ${scope.visibility}`);
  if (scope.is_latest !== null) parts.push(sql<SqlBool>`+a.is_latest = ${scope.is_latest}`);
  return parts;
}

/** Everything but what the query begins with, where that holds already. */
export function besides(conditions: readonly Condition[], begun: Condition, driver: Driver): RawBuilder<SqlBool>[] {
  return conditions.filter((condition) => condition !== begun || driver.has === 'more').map(({ where }) => where);
}
