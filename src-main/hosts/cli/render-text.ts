/** Text for people: aligned columns and short lines. Nothing here is meant for programs; they use `--json`. */
import { escapeForDisplay } from '../../../shared/format/display-name.ts';

export type Cell = string | number | boolean | null | undefined;

/** Columns as wide as their widest value; the header is left out where there are no rows. */
export function renderTable(header: readonly string[], rows: readonly (readonly Cell[])[], whenEmpty: string): string {
  if (rows.length === 0) return whenEmpty;
  const lines = [header, ...rows].map((row) => row.map((cell) => escapeForDisplay(cellText(cell))));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? '')].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name: value` lines; empty values are left out. */
export function renderFields(fields: readonly (readonly [string, Cell])[]): string {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${escapeForDisplay(cellText(value))}`).join('\n');
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return String(cell);
}
