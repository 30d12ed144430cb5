/** An option whose value is yes or no. */
import { BenchkeepError } from '../../../shared/errors.ts';

/** Null where it was left out. Errors: `invalid_argument`. */
export function yesOrNo(option: string, text: string | undefined): boolean | null {
  if (text === undefined) return null;
  if (text === 'yes' || text === 'no') return text === 'yes';
  throw new BenchkeepError(
    'invalid_argument',
    `"${text}" is neither yes nor no`,
    `Give --${option} yes or --${option} no.`,
  );
}
