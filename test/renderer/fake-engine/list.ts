/** Lists, filters and counts over the fake engine's memory: as much of the language as the window's own chips speak. */
import type { ArtifactPage, ArtifactRecord, FacetRecord, ListArtifactsInput } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';

const FIELDS: Record<string, (row: ArtifactRecord) => (string | number)[]> = {
  key: (row) => [row.key ?? ''],
  suffix: (row) => [row.suffix],
  size: (row) => [row.size],
  state: (row) => [row.state],
  storage__uid: (row) => [row.storage.uid],
  ulabels__name: (row) => row.ulabels,
  created_at: (row) => [row.created_at],
};

function predicate(filter: string): (row: ArtifactRecord) => boolean {
  const match = /^([a-z_]+?)(?:__(in|gt|lt|gte|lte|icontains|contains|startswith))?=(.*)$/s.exec(filter);
  const read = FIELDS[match?.[1] ?? ''];
  if (match === null || read === undefined) {
    throw new BenchkeepError(
      'invalid_filter',
      `“${filter}” is not a filter`,
      'Write field=value, for example suffix=.csv.',
    );
  }
  const [, , comparator = 'exact', value = ''] = match;
  const values = [...value.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map(
    (found) => found[1]?.replaceAll('""', '"') ?? found[2] ?? '',
  );
  const tests: Record<string, (own: string | number) => boolean> = {
    exact: (own) => String(own) === value,
    in: (own) => values.includes(String(own)),
    gt: (own) => (typeof own === 'number' ? own > Number(value) : own > value),
    lt: (own) => (typeof own === 'number' ? own < Number(value) : own < value),
    gte: (own) => (typeof own === 'number' ? own >= Number(value) : own >= value),
    lte: (own) => (typeof own === 'number' ? own <= Number(value) : own <= value),
    contains: (own) => String(own).includes(value),
    icontains: (own) => String(own).toLowerCase().includes(value.toLowerCase()),
    startswith: (own) => String(own).startsWith(value),
  };
  return (row) => read(row).some((own) => tests[comparator]?.(own) ?? false);
}

function found(row: ArtifactRecord, search: string): boolean {
  const text = [row.key, row.description, ...row.ulabels].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Keyset: the cursor names the last row's sort value and uid, as the real one's does. */
export function listArtifacts(all: readonly ArtifactRecord[], input: ListArtifactsInput): ArtifactPage {
  const tests = input.filters.map(predicate);
  const scope = input.trash ? -1 : 1;
  const rows = all.filter(
    (row) =>
      row.visibility === scope && tests.every((test) => test(row)) && (!input.search || found(row, input.search)),
  );
  const { field, descending } = input.sort;
  const compare = (a: [string | number, string], b: [string | number, string]): number => {
    const order = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
    return descending ? -order : order;
  };
  const keyOf = (row: ArtifactRecord): [string | number, string] => [row[field] ?? '', row.uid];
  rows.sort((a, b) => compare(keyOf(a), keyOf(b)));
  const after = !input.cursor ? null : (JSON.parse(input.cursor) as [string | number, string]);
  const start = after === null ? 0 : rows.findIndex((row) => compare(keyOf(row), after) > 0);
  const items = start < 0 ? [] : rows.slice(start, start + input.limit);
  const last = items.at(-1);
  const end = start < 0 || start + input.limit >= rows.length;
  return { items, next_cursor: end || last === undefined ? null : JSON.stringify(keyOf(last)), total: rows.length };
}

export function countFacets(all: readonly ArtifactRecord[]): FacetRecord[] {
  const counts = new Map<string, FacetRecord>();
  const add = (facet: FacetRecord['facet'], value: string, title = value): void => {
    const record = counts.get(`${facet} ${value}`) ?? { facet, value, title, n: 0 };
    record.n += 1;
    counts.set(`${facet} ${value}`, record);
  };
  for (const row of all.filter(({ visibility }) => visibility === 1)) {
    add('suffix', row.suffix);
    add('state', row.state);
    add('storage', row.storage.uid, row.storage.root);
    for (const label of row.ulabels) add('ulabel', label);
  }
  return [...counts.values()];
}
