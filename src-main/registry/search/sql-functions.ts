/** What SQLite can't do with text by itself: its lower() knows ASCII only. */
import { foldFilterText } from '../../../shared/filters/index.ts';
import type { SqliteHandle } from '../../ports/fs/sqlite-file.ts';

/** `bk_fold(text)`: what comparisons without case compare. NULL stays NULL. For queries only, never in the schema. */
export function addSqlFunctions(sqlite: SqliteHandle): void {
  sqlite.function('bk_fold', { deterministic: true, directOnly: true }, (text: unknown) =>
    typeof text === 'string' ? foldFilterText(text) : null,
  );
}
