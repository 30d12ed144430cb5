/** One page of artifacts: searched, filtered, sorted, in a stable order. */
import type { ArtifactPage, ListArtifactsInput } from '../../shared/contract/index.ts';
import { filterConditions } from '../registry/queries/filter-conditions.ts';
import { artifactPage } from '../registry/search/artifact-page.ts';
import { searchCondition } from '../registry/search/search-condition.ts';
import type { Condition, Scope } from '../registry/search/condition.ts';
import { artifactRecords } from './artifact-records.ts';
import { offlineStorages } from './offline-storages.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import type { ReadContext } from './read-context.ts';

/** Errors: `invalid_filter`, `invalid_argument` (a cursor of another list). */
export async function listArtifacts(context: ReadContext, input: ListArtifactsInput): Promise<ArtifactPage> {
  const db = context.registry;
  const search = input.search?.trim() ?? '';
  const list = [input.filters, search, input.sort, input.trash, input.all_versions];
  const after = input.cursor === undefined || input.cursor === null ? null : decodeCursor(input.cursor, list);

  const { scope, conditions } = await narrowing(context, input, search);
  const page = await artifactPage(db, { scope, conditions, sort: input.sort, after, limit: input.limit + 1 });
  const rows = page.rows.slice(0, input.limit);
  const hasNext = page.rows.length > input.limit;
  const total = after === null ? (page.total ?? null) : after.total;

  const last = rows.at(-1);
  return {
    items: await artifactRecords(
      context,
      rows.map(({ id }) => id),
    ),
    next_cursor: hasNext && last !== undefined ? encodeCursor({ ...last, total }, list) : null,
    total,
    ...(total === null ? { more: true } : {}),
  };
}

interface Narrowing {
  scope: Scope;
  conditions: Condition[];
}

/** A filter that names `visibility` or `is_latest` decides over them itself. */
async function narrowing(context: ReadContext, input: ListArtifactsInput, search: string): Promise<Narrowing> {
  const offline = await offlineStorages(context);
  const scope: Scope = input.trash
    ? { visibility: -1, is_latest: null }
    : { visibility: 1, is_latest: input.all_versions ? null : 1 };
  const filters = await filterConditions(context.registry, input.filters, scope, [...offline.keys()]);
  const searched = await searchCondition(context.registry, search, filters.scope);
  return {
    scope: filters.scope,
    conditions: searched === null ? filters.conditions : [...filters.conditions, searched],
  };
}
