import { countOf } from '../../shared/format/counts.ts';

/** "3 files found"; `total` null: more than are counted. */
export function foundText(total: number | null, narrowed: boolean): string {
  if (total === null) return 'More than 10,000 files';
  return narrowed ? countOf(total, 'file found', 'files found') : countOf(total, 'file', 'files');
}
