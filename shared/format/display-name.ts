/** How names that the file system gives are shown: nothing lost, nothing that plays tricks on the reader. */

declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

/** UTF-8 decoded; a byte that is not part of valid UTF-8 becomes `%XX`. A literal `%` stays as it is. */
export function displayName(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  while (start < bytes.length) {
    const end = validUntil(bytes, start);
    if (end > start) text += decode(bytes.subarray(start, end));
    if (end < bytes.length) text += `%${(bytes[end] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
    start = end + 1;
  }
  return text;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Index of the first byte from `start` on that is not valid UTF-8 (RFC 3629), or the length. */
function validUntil(bytes: Uint8Array, start: number): number {
  let i = start;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) return i;
    i += length;
  }
  return i;
}

/** Bytes of the character that begins at `i`, 0 where none does. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i] ?? 0;
  if (first < 0x80) return 1;
  const second = bytes[i + 1] ?? 0;
  const continues = (offset: number): boolean => ((bytes[i + offset] ?? 0) & 0xc0) === 0x80;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const fits = (first !== 0xe0 || second >= 0xa0) && (first !== 0xed || second <= 0x9f);
    return fits && continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const fits = (first !== 0xf0 || second >= 0x90) && (first !== 0xf4 || second <= 0x8f);
    return fits && continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Control characters, line and paragraph separators, and the marks that reorder text.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu; // eslint-disable-line no-control-regex
const NAMED: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** Makes characters visible that are not: `\n`, `\t`, `\u202E`. For showing only. */
export function escapeForDisplay(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) =>
      NAMED[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
