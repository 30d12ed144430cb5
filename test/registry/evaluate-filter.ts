/** What a filter means, in memory and without SQL: `shared/filters/filter-expression`, word for word. */
import {
  filterRelation,
  foldFilterText,
  type FilterExpression,
  type FilterRegistryName,
  type FilterValue,
} from '../../shared/filters/index.ts';

export type Plain = { [field: string]: string | number | boolean | null | Plain | Plain[] };

export function fits(record: Plain, filter: FilterExpression): boolean {
  return holds(record, 'artifact', filter.path, filter);
}

function holds(
  record: Plain,
  registry: FilterRegistryName,
  [step = '', ...rest]: readonly string[],
  filter: FilterExpression,
): boolean {
  const relation = rest.length === 0 ? undefined : filterRelation(registry, step);
  const value = record[step];
  if (relation === undefined) return compares(value as FilterValue | null, filter);
  const related = (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]) as Plain[];
  if (related.length === 0) return filter.comparator === 'isnull' && filter.isnull;
  return related.some((other) => holds(other, relation.to, rest, filter));
}

function compares(value: FilterValue | null, filter: FilterExpression): boolean {
  if (filter.comparator === 'isnull') return (value === null) === filter.isnull;
  if (value === null) return false;
  const text = String(value);
  switch (filter.comparator) {
    case 'exact':
      return value === filter.value;
    case 'iexact':
      return foldFilterText(text) === foldFilterText(filter.value);
    case 'contains':
      return text.includes(filter.value);
    case 'icontains':
      return foldFilterText(text).includes(foldFilterText(filter.value));
    case 'startswith':
      return text.startsWith(filter.value);
    case 'istartswith':
      return foldFilterText(text).startsWith(foldFilterText(filter.value));
    case 'endswith':
      return text.endsWith(filter.value);
    case 'gt':
      return order(value, filter.value) > 0;
    case 'gte':
      return order(value, filter.value) >= 0;
    case 'lt':
      return order(value, filter.value) < 0;
    case 'lte':
      return order(value, filter.value) <= 0;
    case 'in':
      return filter.values.includes(value);
    case 'range':
      return order(value, filter.low) >= 0 && order(value, filter.high) <= 0;
  }
}

function order(a: FilterValue, b: FilterValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
