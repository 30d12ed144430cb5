/** A field named by `--include`, relations written as in LaminDB: `storage__root`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import { artifactRecord, type ArtifactRecord } from '../../../../shared/contract/index.ts';
import type { Cell } from '../render-text.ts';

/** Errors: `invalid_argument` for a field that no record has. */
export function checkIncluded(field: string): void {
  const [first = '', second, ...more] = field.split('__');
  const known =
    second === undefined
      ? Object.hasOwn(artifactRecord.shape, first)
      : first === 'storage' && more.length === 0 && Object.hasOwn(artifactRecord.shape.storage.shape, second);
  if (known) return;
  const relations = Object.keys(artifactRecord.shape.storage.shape).map((name) => `storage__${name}`);
  throw new BenchkeepError(
    'invalid_argument',
    `There is no field "${field}" to include`,
    `Use one of: ${[...Object.keys(artifactRecord.shape), ...relations].join(', ')}.`,
  );
}

/** The value in a document; `field` was checked. */
export function includedField(record: ArtifactRecord, field: string): unknown {
  let value: unknown = record;
  for (const part of field.split('__')) value = (value as Record<string, unknown>)[part];
  return value;
}

/** The value in a table: lists are joined by commas. */
export function includedCell(record: ArtifactRecord, field: string): Cell {
  const value = includedField(record, field);
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ');
  }
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value as Cell;
}
