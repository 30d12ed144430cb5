/** The meaning of a filter, written out on plain records: what every SQL query has to agree with. */
import { foldFilterText, type FilterExpression, type FilterValue } from '../../../shared/filters/index.ts';

/** Fields by name; a relation is a record, an array of records, or null. */
export type FilterRecord = { [name: string]: FilterValue | null | undefined | FilterRecord | FilterRecord[] };

/** True where any of the values at the end of the path fits. A relation without a record is one missing value. */
export function matchesFilter(record: FilterRecord, filter: FilterExpression): boolean {
  return valuesAt(record, filter.path).some((value) => fits(value, filter));
}

export function matchesFilters(record: FilterRecord, filters: readonly FilterExpression[]): boolean {
  return filters.every((filter) => matchesFilter(record, filter));
}

function valuesAt(record: FilterRecord | null, path: readonly string[]): (FilterValue | null)[] {
  const [name, ...rest] = path;
  if (record === null || name === undefined) return [null];
  const value = Object.hasOwn(record, name) ? (record[name] ?? null) : null;
  if (rest.length === 0) return [typeof value === 'object' ? null : value];
  if (Array.isArray(value)) return value.length === 0 ? [null] : value.flatMap((one) => valuesAt(one, rest));
  return valuesAt(typeof value === 'object' ? value : null, rest);
}

function fits(value: FilterValue | null, filter: FilterExpression): boolean {
  if (filter.comparator === 'isnull') return (value === null) === filter.isnull;
  if (value === null) return false;
  switch (filter.comparator) {
    case 'exact':
      return value === filter.value;
    case 'in':
      return filter.values.includes(value);
    case 'gt':
      return compare(value, filter.value) > 0;
    case 'gte':
      return compare(value, filter.value) >= 0;
    case 'lt':
      return compare(value, filter.value) < 0;
    case 'lte':
      return compare(value, filter.value) <= 0;
    case 'range':
      return compare(value, filter.low) >= 0 && compare(value, filter.high) <= 0;
    default:
      return fitsText(String(value), filter.comparator, filter.value);
  }
}

function fitsText(value: string, comparator: string, asked: string): boolean {
  switch (comparator) {
    case 'iexact':
      return foldFilterText(value) === foldFilterText(asked);
    case 'contains':
      return value.includes(asked);
    case 'icontains':
      return foldFilterText(value).includes(foldFilterText(asked));
    case 'startswith':
      return value.startsWith(asked);
    case 'istartswith':
      return foldFilterText(value).startsWith(foldFilterText(asked));
    case 'endswith':
      return value.endsWith(asked);
    default:
      throw new Error(`no comparator ${comparator}`);
  }
}

/** Numbers by size, text by code points: the order of UTF-8 bytes, which is SQLite's. */
function compare(a: FilterValue, b: FilterValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}
