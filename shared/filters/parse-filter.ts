/** The filter language of the command line and the window: `field__path__comparator=value`, as in LaminDB. */
import { findFilterField } from './find-filter-field.ts';
import type { FilterExpression } from './filter-expression.ts';
import { filterError, quoted } from './filter-error.ts';
import { readFilterValue } from './read-filter-value.ts';

/** Characters of the longest filter. */
export const LONGEST_FILTER = 4000;

/** One filter; several are joined by AND. Throws nothing but `invalid_filter`, with what to write instead. */
export function parseFilter(text: string): FilterExpression {
  if (text.length > LONGEST_FILTER) {
    throw filterError(`The filter is longer than ${String(LONGEST_FILTER)} characters`, 'Ask for less at a time.');
  }
  if (/[\0\p{Surrogate}]/u.test(text)) {
    throw filterError(`${quoted(text)} has broken characters in it`, 'Type the filter again.');
  }
  const equals = text.indexOf('=');
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  if (equals < 0 || name === '' || /[<>!]/.test(name)) throw notAFilter(text, name);
  return readFilterValue(findFilterField(name), text.slice(equals + 1));
}

function notAFilter(text: string, name: string): Error {
  if (/[<>]/.test(name)) {
    return filterError(`${quoted(text)} is no filter`, 'Write gt, gte, lt or lte instead, such as size__gt=1000.');
  }
  return filterError(`${quoted(text)} is no filter`, 'Write field=value, such as suffix=.fcs or key__contains=day1.');
}
