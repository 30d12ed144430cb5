import { BenchkeepError } from '../../../shared/errors.ts';

/** An option's number, or `otherwise` where it was not given. Errors: `invalid_argument`. */
export function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BenchkeepError('invalid_argument', `"${text}" is not a whole number`, 'Give a number such as 100.');
}
