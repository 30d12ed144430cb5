/** The first rows of a table in a text file (RFC 4180, with the separators that instruments use). */

export interface Table {
  columns: string[];
  rows: string[][];
  truncated: boolean;
}

const SEPARATORS = [',', '\t', ';', '|'] as const;
const MOST_ROWS = 200;
const MOST_COLUMNS = 50;

/**
 * Null where it is no table (one column). Columns are named by the first row if it is as wide as the table and has
 * no gap; a file that begins with lines about the instrument gets letters as in a spreadsheet.
 */
export function readTable(text: string, cut: boolean, separator: string = separatorOf(text)): Table | null {
  const { records, more } = readRecords(text, separator, MOST_ROWS + 1);
  // The last record of a part may be half a row.
  if (cut && !more && records.length > 1) records.pop();
  const width = Math.max(0, ...records.map((record) => record.length));
  if (width < 2) return null;
  const [first = []] = records;
  const named = first.length === width && first.every((cell) => cell.trim() !== '') && new Set(first).size === width;
  const rows = named ? records.slice(1) : records;
  const shown = Math.min(width, MOST_COLUMNS);
  return {
    columns: Array.from({ length: shown }, (_, index) => (named ? (first[index] ?? '').trim() : letters(index))),
    rows: rows.slice(0, MOST_ROWS).map((row) => Array.from({ length: shown }, (_, index) => row[index] ?? '')),
    truncated: cut || more || rows.length > MOST_ROWS || width > MOST_COLUMNS,
  };
}

/** The one that most lines have, and most often. */
function separatorOf(text: string): string {
  const lines = text
    .slice(0, 65_536)
    .split(/\r\n|\n|\r/, 100)
    .filter((line) => line.trim() !== '');
  let best: { separator: string; lines: number; count: number } = { separator: ',', lines: 0, count: 0 };
  for (const separator of SEPARATORS) {
    const counts = lines.map((line) => line.replace(/"[^"]*"/g, '').split(separator).length - 1);
    const having = counts.filter((count) => count > 0).length;
    const count = counts.reduce((sum, n) => sum + n, 0);
    if (having > best.lines || (having === best.lines && count > best.count))
      best = { separator, lines: having, count };
  }
  return best.separator;
}

function readRecords(text: string, separator: string, most: number): { records: string[][]; more: boolean } {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length) {
    if (records.length === most) return { records, more: true };
    const record: string[] = [];
    at = readRecord(text, at, separator, record);
    if (record.length > 1 || record[0] !== '') records.push(record);
  }
  return { records, more: false };
}

/** Fills `record` and returns where the next one begins. */
function readRecord(text: string, start: number, separator: string, record: string[]): number {
  let at = start;
  for (;;) {
    const field = text[at] === '"' ? quoted(text, at) : { value: '', end: at };
    let end = field.end;
    while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end++;
    record.push(field.value + text.slice(field.end, end));
    if (text[end] === separator) at = end + 1;
    else return text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
  }
}

/** A field in quotes; one that is never closed ends with its line, so that a stray quote costs one cell. */
function quoted(text: string, start: number): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { value: '', end: start };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

/** 0 is A, 26 is AA. */
function letters(index: number): string {
  return (index >= 26 ? letters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));
}
