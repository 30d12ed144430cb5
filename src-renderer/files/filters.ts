/** The filter bar's chips as terms of the filter language. */
import { formatCsvList } from '../../shared/filters/csv-list.ts';
import type { FacetRecord } from '../../shared/contract/index.ts';

export type Facet = 'suffix' | 'storage' | 'ulabel' | 'state';
export type Chosen = Record<Facet, string[]>;

export const FACETS: readonly { facet: Facet; title: string; field: string }[] = [
  { facet: 'suffix', title: 'Type', field: 'suffix' },
  { facet: 'storage', title: 'Where', field: 'storage__uid' },
  { facet: 'ulabel', title: 'Label', field: 'ulabels__name' },
  { facet: 'state', title: 'State', field: 'state' },
];

export function nothingChosen(): Chosen {
  return { suffix: [], storage: [], ulabel: [], state: [] };
}

/** Values of one facet are alternatives; facets, and the text of the advanced field, are joined by AND. */
export function filtersOf(chosen: Chosen, advanced: string): string[] {
  const filters = FACETS.flatMap(({ facet, field }) => {
    const values = chosen[facet];
    const [first] = values;
    if (first === undefined) return [];
    if (values.length === 1) return [`${field}=${first}`];
    return [`${field}__in=${formatCsvList(values)}`];
  });
  const text = advanced.trim();
  return text === '' ? filters : [...filters, ...splitTerms(text)];
}

/** Terms are separated by blanks outside of quotes. */
export function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let term = '';
  let inQuotes = false;
  for (const character of text) {
    if (character === '"') inQuotes = !inQuotes;
    if (/\s/.test(character) && !inQuotes) {
      if (term !== '') terms.push(term);
      term = '';
    } else term += character;
  }
  if (term !== '') terms.push(term);
  return terms;
}

export function facetsOf(facet: Facet, all: readonly FacetRecord[]): FacetRecord[] {
  return all.filter((record) => record.facet === facet).sort((a, b) => b.n - a.n);
}
