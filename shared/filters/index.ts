/** The filter language. */
export { parseFilter, LONGEST_FILTER } from './parse-filter.ts';
export { formatFilter } from './format-filter.ts';
export { COMPARATORS, foldFilterText } from './filter-expression.ts';
export type {
  Comparator,
  FilterExpression,
  FilterValue,
  OrderComparator,
  TextComparator,
} from './filter-expression.ts';
export { FILTER_REGISTRIES, filterField, filterRelation } from './filter-fields.ts';
export type {
  FilterField,
  FilterFieldType,
  FilterRegistry,
  FilterRegistryName,
  FilterRelation,
} from './filter-fields.ts';
export { nearestName } from './nearest-name.ts';
