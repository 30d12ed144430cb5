/** What is said about a filter that can't be used. */
import { BenchkeepError } from '../errors.ts';
import { escapeForDisplay } from '../format/display-name.ts';

/** `invalid_filter`; `message` without a full stop, `remedy` one sentence. `suggestion`: a name that may be meant. */
export function filterError(message: string, remedy: string, suggestion?: string | null): BenchkeepError {
  return new BenchkeepError('invalid_filter', message, remedy, suggestion ? { details: { suggestion } } : {});
}

/** In quotes, escaped, no longer than a line. */
export function quoted(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return `"${escapeForDisplay(short.replace(/\p{Surrogate}/gu, '\uFFFD'))}"`;
}
