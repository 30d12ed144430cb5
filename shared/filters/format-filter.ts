/** A filter as text again. */
import { formatCsvList } from './csv-list.ts';
import type { FilterExpression } from './filter-expression.ts';

/** What `parseFilter` reads back as the same expression. */
export function formatFilter(filter: FilterExpression): string {
  const name = filter.comparator === 'exact' ? filter.path : [...filter.path, filter.comparator];
  return `${name.join('__')}=${valueText(filter)}`;
}

function valueText(filter: FilterExpression): string {
  switch (filter.comparator) {
    case 'isnull':
      return String(filter.isnull);
    case 'in':
      return formatCsvList(filter.values.map(String));
    case 'range':
      return formatCsvList([String(filter.low), String(filter.high)]);
    default:
      return String(filter.value);
  }
}
