/** The form in which changes are logged and chained; `verify --registry` checks with the same functions. */
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { ChangeTable } from './schema.ts';

/** The hash before the first change. */
export const EMPTY_LOG_HASH = '0'.repeat(64);

/**
 * Hex sha256 over four lines: the hash before; `id, tx, created_at, created_by_id, operation, registry, uid, action,
 * run_id` (and `note`, where there is one) as a JSON array; `before`; `after`. The last two stand as they are logged, empty where there is none: JSON
 * has no line feed in it, and is never empty.
 */
export function changeHash(hashBefore: string, row: Omit<ChangeTable, 'hash'>): string {
  const columns = [
    row.id,
    row.tx,
    row.created_at,
    row.created_by_id,
    row.operation,
    row.registry,
    row.uid,
    row.action,
    row.run_id,
  ];
  if (row.note !== null) columns.push(row.note);
  return hash('sha256', `${hashBefore}\n${JSON.stringify(columns)}\n${row.before ?? ''}\n${row.after ?? ''}`, 'hex');
}

/** Bytes of a path are logged as text where they are UTF-8, else as `{"hex":"…"}`. */
export function toLoggedJson(row: object): string {
  return JSON.stringify(plainOf(row));
}

/**
 * An artifact is mostly inserted with its first copy: one change tells both, the row of `copy` as the field `copy` of
 * what was inserted. `rowsLogged` takes them apart.
 */
export function toLoggedJsonWithCopy(artifact: object, copy: object): string {
  return JSON.stringify({ ...plainOf(artifact), copy: plainOf(copy) });
}

/** The rows that an insert tells of, by table: one, or an artifact and its first copy. */
export function rowsLogged(registry: string, after: string): { registry: string; fields: Record<string, unknown> }[] {
  const fields = JSON.parse(after) as Record<string, unknown>;
  if (registry !== 'artifact' || !('copy' in fields)) return [{ registry, fields }];
  const { copy, ...artifact } = fields;
  return [
    { registry, fields: artifact },
    { registry: 'copy', fields: copy as Record<string, unknown> },
  ];
}

function plainOf(row: object): object {
  let plain: Record<string, unknown> | null = null;
  for (const field in row) {
    const value = (row as Record<string, unknown>)[field];
    if (!Buffer.isBuffer(value)) continue;
    plain ??= { ...row };
    plain[field] = loggedBytes(value);
  }
  return plain ?? row;
}

function loggedBytes(bytes: Buffer): unknown {
  return isUtf8(bytes) ? bytes.toString('utf8') : { hex: bytes.toString('hex') };
}
