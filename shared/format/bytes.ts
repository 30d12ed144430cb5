/** Sizes as labs and drives count them: decimal units, 1 kB = 1000 bytes. */

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `412 bytes`, `1.2 GB`, `120 MB`: one decimal below 100, none above. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return 'unknown size';
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${String(Math.floor(bytes))} bytes`;
  let value = bytes;
  let unit = -1;
  // 999,950 bytes would round to "1000 kB": the next unit begins where rounding reaches it.
  while (unit < 0 || (Number(roundedText(value)) >= 1000 && unit < UNITS.length - 1)) {
    value /= 1000;
    unit += 1;
  }
  return `${roundedText(value)} ${UNITS[unit] ?? ''}`;
}

/** Bytes a second: `12 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

function roundedText(value: number): string {
  const tenths = Math.round(value * 10) / 10;
  return tenths < 100 ? String(tenths) : String(Math.round(value));
}

const SIZE = /^(\d{1,16}(?:\.\d{1,9})?)\s*(?:([kmgtpe])?(i)?b?|bytes?)$/i;

/** `50GB`, `1.5 TB`, `512 MiB`, `1024`: whole bytes; null where it is no size or more than 2⁵³ − 1. */
export function parseBytes(text: string): number | null {
  const match = SIZE.exec(text.trim());
  if (match === null) return null;
  const power = match[2] === undefined ? 0 : 'kmgtpe'.indexOf(match[2].toLowerCase()) + 1;
  if (match[3] !== undefined && power === 0) return null;
  const bytes = Math.round(Number(match[1]) * (match[3] === undefined ? 1000 : 1024) ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
