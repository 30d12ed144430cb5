/** One change of the registry in plain words. */
import { formatBytes } from '../../shared/format/bytes.ts';
import type { ChangeRecord } from '../../shared/contract/index.ts';
import { FIELD_TITLES } from '../../shared/vocabulary.ts';
import { stateWordsOf } from '../ui/state-words.ts';

const FIELDS: Readonly<Record<string, string>> = FIELD_TITLES;

/** Told by the title already, or of no meaning to a person. */
const SILENT = new Set([
  'updated_at',
  'id',
  'uid',
  'created_at',
  'created_by',
  'state_reason',
  'hash',
  'hash_type',
  'run',
]);

function valueText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (field === 'size' && typeof value === 'number') return formatBytes(value);
  if (field === 'state' && typeof value === 'string') return stateWordsOf(value);
  if (typeof value === 'boolean' || field === 'is_latest') return value === true || value === 1 ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function titleOf({ registry, action, operation, before, after }: ChangeRecord): string {
  const name = after?.['ulabel'] ?? before?.['ulabel'] ?? after?.['name'] ?? before?.['name'];
  const label = typeof name === 'string' ? ` “${name}”` : '';
  if (registry.includes('ulabel')) return action === 'delete' ? `Label${label} removed` : `Label${label} added`;
  if (registry === 'copy')
    return action === 'delete' ? 'A copy is gone' : action === 'insert' ? 'Its place was noted' : 'A copy was checked';
  if (registry !== 'artifact')
    return `${operation}: ${registry} ${action === 'insert' ? 'added' : action === 'delete' ? 'removed' : 'changed'}`;
  if (action === 'insert') return operation === 'watch' ? 'Found in a watched folder and registered' : 'Registered';
  if (action === 'delete') return 'Record deleted';
  return after?.['state_reason'] === 'overwritten' ? 'A newer version was written over it' : 'Changed';
}

export function describeChange(change: ChangeRecord): { title: string; lines: string[] } {
  const title = titleOf(change);
  const { before, after } = change;
  if (change.action !== 'update' || after === null) return { title, lines: [] };
  const lines = Object.entries(after)
    .filter(([field]) => !SILENT.has(field) && !(field === 'state' && after['state_reason'] === 'overwritten'))
    .map(
      ([field, value]) =>
        `${FIELDS[field] ?? field}: ${valueText(field, before?.[field])} → ${valueText(field, value)}`,
    );
  return { title, lines };
}
