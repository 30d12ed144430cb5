/** Sizes as a person writes them into a field: "50 GB"; empty for no limit, where there may be none. */
import { formatBytes, parseBytes } from '../../shared/format/bytes.ts';

/** As it stands in its field: exact, so that saving what was not touched changes nothing. */
export function limitText(bytes: number | null): string {
  if (bytes === null) return '';
  const text = formatBytes(bytes);
  return parseBytes(text) === bytes ? text : String(bytes);
}

/** Bytes; null for no limit; undefined for what is no size. */
export function readLimit(text: string): number | null | undefined {
  const trimmed = text.trim().replace(/\/\s*s(ec|econd)?$/i, '');
  if (trimmed === '') return null;
  const bytes = parseBytes(trimmed.replace(',', '.'));
  return bytes === null || bytes <= 0 ? undefined : bytes;
}
