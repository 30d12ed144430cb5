/** What a person asks of the table: words, chips, the filter language, the order. */
import { untrack } from 'svelte';
import type { Query } from './artifact-pages.svelte.ts';
import { filtersOf, nothingChosen, type Chosen } from './filters.ts';

export class Finding {
  search = $state('');
  advanced = $state('');
  chosen: Chosen = $state(nothingChosen());
  sort: Query['sort'] = $state({ field: 'created_at', descending: true });
  readonly query: Query = $derived({
    filters: filtersOf(this.chosen, this.advanced),
    search: this.search.trim() === '' ? null : this.search.trim(),
    sort: this.sort,
  });
  /** Whether anything could be left out. */
  readonly narrowed = $derived(this.query.filters.length > 0 || this.query.search !== null);

  /** Everything but the order. */
  clear(): void {
    untrack(() => {
      this.chosen = nothingChosen();
      this.advanced = '';
      this.search = '';
    });
  }
}
