/** Lists as one line of CSV (RFC 4180): `IFNG,"a, b","say ""x"""`. Spaces around what is not quoted don't count. */

/** The values, or null where a quote is not closed or text follows a closed one. */
export function parseCsvList(text: string): string[] | null {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/u.test(text.charAt(at))) at++;
    if (text.charAt(at) === '"') {
      const quoted = readQuoted(text, at + 1);
      if (quoted === null) return null;
      values.push(quoted.value);
      at = quoted.end;
      while (/\s/u.test(text.charAt(at))) at++;
      if (at < text.length && text.charAt(at) !== ',') return null;
    } else {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      values.push(text.slice(at, end).trimEnd());
      at = end;
    }
    if (at >= text.length) return values;
    at += 1;
  }
}

/** From behind the opening quote; `end` is behind the closing one. */
function readQuoted(text: string, from: number): { value: string; end: number } | null {
  let value = '';
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    value += text.slice(at, quote);
    if (text.charAt(quote + 1) !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

/** What `parseCsvList` reads back. */
export function formatCsvList(values: readonly string[]): string {
  return values.map((value) => (needsQuotes(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',');
}

function needsQuotes(value: string): boolean {
  return value === '' || /[",\r\n]/.test(value) || value.trim() !== value;
}
