/** The counts of the filter bar: read, never counted. */
import type { FacetRecord } from '../../shared/contract/index.ts';
import type { ReadContext } from './read-context.ts';
import { offlineStorages } from './offline-storages.ts';

type Facet = FacetRecord['facet'];
/** The order in which they are shown. */
const FACETS: readonly Facet[] = ['storage', 'suffix', 'ulabel', 'kind', 'created_by', 'state'];

/** Largest count first within each facet. `value` is what a filter takes: of a storage its uid, of a label its name. */
export async function listFacets(context: ReadContext): Promise<{ items: FacetRecord[] }> {
  const db = context.registry;
  const counts = await db.selectFrom('facet_count').selectAll().where('facet', 'in', FACETS).execute();
  const storages = new Map(
    (await db.selectFrom('storage').select(['id', 'uid', 'root']).execute()).map((row) => [row.id, row]),
  );
  const users = new Map(
    (await db.selectFrom('user').select(['id', 'handle']).execute()).map((row) => [row.id, row.handle]),
  );
  const labelIds = counts.filter(({ facet }) => facet === 'ulabel').map(({ value }) => Number(value));
  const labels = await labelNames(context, labelIds);
  const offline = await offlineStorages(context);

  const items = new Map<string, FacetRecord>();
  const add = (facet: Facet, value: string | undefined, n: number, title = value): void => {
    if (value === undefined || title === undefined) return;
    const known = items.get(`${facet} ${value}`);
    if (known === undefined) items.set(`${facet} ${value}`, { facet, value, title, n });
    else known.n += n;
  };
  for (const { facet, value, n } of counts) {
    if (facet === 'storage') add(facet, storages.get(Number(value))?.uid, n, storages.get(Number(value))?.root);
    else if (facet === 'created_by') add(facet, users.get(Number(value)), n);
    else if (facet === 'ulabel') add(facet, labels.get(Number(value)), n);
    else if (facet === 'state') {
      const [storage = '', state = ''] = value.split(':');
      add(facet, state !== 'missing' && offline.has(Number(storage)) ? 'offline' : state, n);
    } else add(facet as Facet, value, n);
  }
  return {
    items: [...items.values()].sort(
      (a, b) => FACETS.indexOf(a.facet) - FACETS.indexOf(b.facet) || b.n - a.n || compare(a.title, b.title),
    ),
  };
}

async function labelNames({ registry }: ReadContext, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await registry.selectFrom('ulabel').select(['id', 'name']).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
