/** The columns of the table; those with a field can be sorted by. */
import type { SortField } from '../../shared/contract/index.ts';

export interface Column {
  id: 'select' | 'name' | 'labels' | 'size' | 'type' | 'state' | 'where' | 'added' | 'changed';
  title: string;
  field?: SortField;
  /** How the first click sorts. */
  descendingFirst?: boolean;
}

export const COLUMNS: readonly Column[] = [
  { id: 'select', title: 'Select' },
  { id: 'name', title: 'Name', field: 'key' },
  { id: 'labels', title: 'Labels' },
  { id: 'size', title: 'Size', field: 'size', descendingFirst: true },
  { id: 'type', title: 'Type', field: 'suffix' },
  { id: 'state', title: 'State' },
  { id: 'where', title: 'Where' },
  { id: 'added', title: 'Added', field: 'created_at', descendingFirst: true },
  { id: 'changed', title: 'Changed', field: 'updated_at', descendingFirst: true },
];
