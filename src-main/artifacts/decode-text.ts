/** What an instrument's text file says, whatever its encoding: UTF-8, UTF-16 with or without its mark, else latin-1. */

export interface Decoded {
  text: string;
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
}

/** Share of control characters from which on bytes are no text. */
const MOST_CONTROL = 0.02;
const SAMPLE = 4096;

/** Null where `bytes` (the beginning of a file) are not text. `whole`: they are all of it. */
export function decodeText(bytes: Buffer, whole: boolean): Decoded | null {
  const encoding = encodingOf(bytes, whole);
  if (encoding === null) return null;
  const decoded = new TextDecoder(encoding).decode(bytes);
  const text = whole ? decoded : decoded.replace(/\ufffd$/, '');
  return isReadable(text) ? { text, encoding } : null;
}

function encodingOf(bytes: Buffer, whole: boolean): Decoded['encoding'] | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const zeros = zerosIn(bytes.subarray(0, SAMPLE));
  if (zeros.even + zeros.odd > 0) {
    const pairs = Math.max(1, Math.min(bytes.length, SAMPLE) / 2);
    if (zeros.odd > 0.4 * pairs && zeros.even < 0.05 * pairs) return 'utf-16le';
    if (zeros.even > 0.4 * pairs && zeros.odd < 0.05 * pairs) return 'utf-16be';
    return null;
  }
  return isUtf8(bytes, whole) ? 'utf-8' : 'windows-1252';
}

function zerosIn(bytes: Buffer): { even: number; odd: number } {
  const zeros = { even: 0, odd: 0 };
  for (const [index, byte] of bytes.entries()) if (byte === 0) zeros[index % 2 === 0 ? 'even' : 'odd']++;
  return zeros;
}

/** A character that the end of a part cuts through is not held against it. */
function isUtf8(bytes: Buffer, whole: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}

function isReadable(text: string): boolean {
  const sample = text.slice(0, SAMPLE);
  // eslint-disable-next-line no-control-regex
  const control = sample.match(/[\u0000-\u0008\u000e-\u0019\u001c-\u001f\u007f-\u009f\ufffd]/g)?.length ?? 0;
  return control <= MOST_CONTROL * sample.length;
}
