/** The text behind the `=`, as values of the field's type. */
import { parseCsvList } from './csv-list.ts';
import type { FilterExpression, FilterValue } from './filter-expression.ts';
import type { FilterField } from './filter-fields.ts';
import { filterError, quoted } from './filter-error.ts';
import type { FilterTarget } from './find-filter-field.ts';
import { nearestName } from './nearest-name.ts';
import { parseTimeSpan, type TimeSpan } from './parse-time.ts';

/** Values of the longest `in` list. */
export const LONGEST_LIST = 500;

export function readFilterValue({ path, field, comparator }: FilterTarget, text: string): FilterExpression {
  switch (comparator) {
    case 'isnull':
      return { path, field, comparator, isnull: readBoolean(text, `${path.join('__')}__isnull`) };
    case 'in':
      return { path, field, comparator, values: readList(text).map((value) => readValue(field, value)) };
    case 'range': {
      const [low, high, ...more] = readList(text);
      if (low === undefined || high === undefined || more.length > 0) {
        throw filterError(`${quoted(text)} is no range`, 'Give two values with a comma between them, such as 10,20.');
      }
      if (field.type !== 'time')
        return { path, field, comparator, low: readValue(field, low), high: readValue(field, high) };
      return { path, field, comparator, low: readTime(low).from, high: readTime(high).until };
    }
    case 'exact':
      if (field.type === 'time') return exactTime(path, field, readTime(text));
      return { path, field, comparator, value: readValue(field, text) };
    case 'gt':
    case 'lte':
      // A date alone is a whole day: after it begins when it ends.
      return { path, field, comparator, value: field.type === 'time' ? readTime(text).until : readValue(field, text) };
    case 'gte':
    case 'lt':
      return { path, field, comparator, value: field.type === 'time' ? readTime(text).from : readValue(field, text) };
    case 'iexact':
      return { path, field, comparator, value: readChoiceOrText(field, text) };
    default:
      return { path, field, comparator, value: text };
  }
}

function exactTime(path: string[], field: FilterField, { from, until }: TimeSpan): FilterExpression {
  if (from === until) return { path, field, comparator: 'exact', value: from };
  return { path, field, comparator: 'range', low: from, high: until };
}

function readValue(field: FilterField, text: string): FilterValue {
  switch (field.type) {
    case 'text':
      return text;
    case 'choice':
      return readChoice(field, text);
    case 'integer':
      return readInteger(field, text);
    case 'boolean':
      return readBoolean(text, field.name);
    case 'time':
      return readTime(text).from;
  }
}

function readChoiceOrText(field: FilterField, text: string): string {
  return field.type === 'choice' ? readChoice(field, text.toLowerCase()) : text;
}

function readChoice(field: FilterField, text: string): string {
  const choices = field.choices ?? [];
  if (choices.includes(text)) return text;
  const nearest = nearestName(text, choices);
  throw filterError(
    `${quoted(text)} is no ${field.name}`,
    `${nearest === null ? '' : `Did you mean ${nearest}? `}Use one of ${choices.join(', ')}.`,
    nearest,
  );
}

function readInteger(field: FilterField, text: string): number {
  const number = /^\s*[+-]?\d{1,16}\s*$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  throw filterError(
    `${quoted(text)} is no whole number`,
    `Give digits only, such as ${field.name}${field.name === 'size' ? '__gt=1000000 (bytes)' : '=3'}.`,
  );
}

function readBoolean(text: string, name: string): boolean {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', '1'].includes(word)) return true;
  if (['false', 'no', '0'].includes(word)) return false;
  throw filterError(`${quoted(text)} is neither true nor false`, `Use ${name}=true or ${name}=false.`);
}

function readTime(text: string): TimeSpan {
  const span = parseTimeSpan(text);
  if (span !== null) return span;
  throw filterError(`${quoted(text)} is no date or time`, 'Write it as 2026-11-01 or 2026-11-01T14:30:00Z.');
}

function readList(text: string): string[] {
  const values = text.trim() === '' ? null : parseCsvList(text);
  if (values === null) {
    throw filterError(
      `${quoted(text)} is no list`,
      'Separate the values with commas, and put a value with a comma in it into double quotes.',
    );
  }
  if (values.length > LONGEST_LIST) {
    throw filterError(`The list has more than ${String(LONGEST_LIST)} values`, 'Ask for fewer at a time.');
  }
  return values;
}
