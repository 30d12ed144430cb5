/** One parsed filter, as plain data: what the SQL builder and an evaluator in memory both read. */
import type { FilterField, FilterFieldType } from './filter-fields.ts';

export const TEXT_COMPARATORS = ['contains', 'icontains', 'startswith', 'istartswith', 'endswith'] as const;
export const ORDER_COMPARATORS = ['gt', 'gte', 'lt', 'lte'] as const;

export type TextComparator = 'iexact' | (typeof TEXT_COMPARATORS)[number];
export type OrderComparator = (typeof ORDER_COMPARATORS)[number];
export type Comparator = 'exact' | TextComparator | OrderComparator | 'in' | 'range' | 'isnull';

/** Every comparator with the types of field that it can compare. */
export const COMPARATORS: Readonly<Record<Comparator, readonly FilterFieldType[]>> = {
  exact: ['text', 'choice', 'integer', 'boolean', 'time'],
  iexact: ['text', 'choice'],
  contains: ['text', 'choice'],
  icontains: ['text', 'choice'],
  startswith: ['text', 'choice'],
  istartswith: ['text', 'choice'],
  endswith: ['text', 'choice'],
  in: ['text', 'choice', 'integer'],
  gt: ['text', 'integer', 'time'],
  gte: ['text', 'integer', 'time'],
  lt: ['text', 'integer', 'time'],
  lte: ['text', 'integer', 'time'],
  range: ['text', 'integer', 'time'],
  isnull: ['text', 'choice', 'integer', 'boolean', 'time'],
};

/** Of the field's type: text, choice and time are strings, integer a safe integer. */
export type FilterValue = string | number | boolean;

/**
 * `path`: relations from the artifact on, the field last: `['storage', 'root']`. Where a relation has several records,
 * the filter holds if it holds for any of them. A missing value, or a relation without a record, fits only
 * `isnull: true`. Text is ordered by code points; the comparators with `i` compare `foldFilterText` of both.
 */
export type FilterExpression = { path: string[]; field: FilterField } & (
  | { comparator: 'exact' | OrderComparator; value: FilterValue }
  | { comparator: TextComparator; value: string }
  | { comparator: 'in'; values: FilterValue[] }
  /** Both ends belong to it. */
  | { comparator: 'range'; low: FilterValue; high: FilterValue }
  | { comparator: 'isnull'; isnull: boolean }
);

/** What the comparators that ignore case compare: composed (NFC) and in lower case, accents kept. */
export function foldFilterText(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
