/** What SQLite can't do with text by itself: its lower() knows ASCII only. */
import { foldFilterText } from '../../../shared/filters/index.ts';
import { searchableText } from '../../../shared/search-terms.ts';
import type { SqliteHandle } from '../../ports/fs/sqlite-file.ts';

/**
 * `bk_fold(text)`: what comparisons without case compare; NULL stays NULL. `bk_has_word(text, term)`: 1 if a search for
 * `term` (folded) finds `text`, else 0. For queries only, never in the schema.
 */
export function addSqlFunctions(sqlite: SqliteHandle): void {
  sqlite.function('bk_fold', { deterministic: true, directOnly: true }, (text: unknown) =>
    typeof text === 'string' ? foldFilterText(text) : null,
  );
  sqlite.function('bk_has_word', { deterministic: true, directOnly: true }, (text: unknown, term: unknown) =>
    typeof text === 'string' && typeof term === 'string' && searchableText(text).includes(term) ? 1 : 0,
  );
}
