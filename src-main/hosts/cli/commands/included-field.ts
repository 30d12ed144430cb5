/** A field named by `--include`, relations written as in LaminDB: `storage__root`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { ArtifactRecord } from '../../../../shared/contract/index.ts';
import type { Cell } from '../render-text.ts';

/** Lists are joined by commas. Errors: `invalid_argument` for a field that the record has not. */
export function includedField(record: ArtifactRecord, field: string): Cell {
  let value: unknown = record;
  for (const part of field.split('__')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      throw new BenchkeepError(
        'invalid_argument',
        `There is no field "${field}" to include`,
        `Use one of: ${Object.keys(record).join(', ')}, storage__root, storage__region, storage__type.`,
      );
    }
    value = (value as Record<string, unknown>)[part];
  }
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value as Cell;
}
