/** Where a page ended, as opaque text that is good only for the list it comes from. */
import { hash } from 'node:crypto';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Position } from '../registry/search/artifact-page.ts';

export interface Cursor extends Position {
  /** Counted for the first page, and not again. */
  total: number | null;
}

/** `list`: everything that decides which artifacts come in which order. */
export function encodeCursor(cursor: Cursor, list: unknown): string {
  return Buffer.from(JSON.stringify([fingerprint(list), cursor.id, cursor.value, cursor.total])).toString('base64url');
}

/** Error: `invalid_argument` for anything that was not given out for the same list. */
export function decodeCursor(text: string, list: unknown): Cursor {
  const parts = parse(text);
  if (Array.isArray(parts) && parts.length === 4) {
    const [of, id, value, total] = parts as unknown[];
    const isValue = value === null || typeof value === 'string' || typeof value === 'number';
    if (
      of === fingerprint(list) &&
      Number.isSafeInteger(id) &&
      isValue &&
      (total === null || Number.isSafeInteger(total))
    ) {
      return { id: id as number, value, total: total as number | null };
    }
  }
  throw new BenchkeepError(
    'invalid_argument',
    'The cursor is not from this list',
    'Give next_cursor of the page before, with the same filters, search and sort; or begin again without a cursor.',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function fingerprint(list: unknown): string {
  return hash('sha256', JSON.stringify(list), 'hex').slice(0, 16);
}
