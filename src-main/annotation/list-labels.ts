/** All labels, or those whose name or description has every word of a search. */
import type { LabelRecord } from '../../shared/contract/index.ts';
import { foldText, matchesTerms, searchTerms } from '../../shared/search-terms.ts';
import type { ReadContext } from '../artifacts/index.ts';
import { labelRecords } from './label-records.ts';

/** A search of a single letter narrows too: labels are few, and begin with it. */
export async function listLabels(
  context: Pick<ReadContext, 'registry'>,
  input: { search?: string | null | undefined },
): Promise<{ items: LabelRecord[] }> {
  const records = await labelRecords(context.registry, null);
  const search = input.search?.trim() ?? '';
  if (search === '') return { items: records };
  const terms = searchTerms(search);
  const begins = foldText(search);
  return {
    items: records.filter(({ name, description }) =>
      terms.length > 0 ? matchesTerms([name, description], terms) : foldText(name).startsWith(begins),
    ),
  };
}
