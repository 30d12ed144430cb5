export type Cell = string | number;

/**
 * A table as text, rows ended by CRLF; with commas a cell is quoted where it has to be.
 * Formats: CSV after RFC 4180; TSV after the IANA media type text/tab-separated-values, which has
 * no quoting, so its cells must be free of tabs and line ends.
 */
export function encodeTable(rows: Cell[][], separator: ',' | '\t'): Uint8Array {
  const lines = rows.map((row) =>
    row.map((cell) => (separator === ',' ? quoteCell(String(cell)) : String(cell))).join(separator),
  );
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'utf8');
}

function quoteCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
