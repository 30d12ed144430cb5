/** The form in which changes are logged and chained; `verify --registry` checks with the same functions. */
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { ChangeTable } from './schema.ts';

/** The hash before the first change. */
export const EMPTY_LOG_HASH = '0'.repeat(64);

/** Hex sha256 over the hash before, a line feed, and the row's columns as a JSON array in the order below. */
export function changeHash(before: string, row: Omit<ChangeTable, 'hash'>): string {
  const columns = [
    row.id,
    row.tx,
    row.created_at,
    row.created_by_id,
    row.operation,
    row.registry,
    row.uid,
    row.action,
    row.before,
    row.after,
    row.run_id,
  ];
  return hash('sha256', `${before}\n${JSON.stringify(columns)}`, 'hex');
}

/** Bytes of a path are logged as text where they are UTF-8, else as `{"hex":"…"}`. */
export function toLoggedJson(row: object): string {
  const plain: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row)) plain[field] = Buffer.isBuffer(value) ? loggedBytes(value) : value;
  return JSON.stringify(plain);
}

function loggedBytes(bytes: Buffer): unknown {
  return isUtf8(bytes) ? bytes.toString('utf8') : { hex: bytes.toString('hex') };
}
