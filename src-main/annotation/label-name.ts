/** What a label may be called (`faults.md`, F-DB22): one line of visible text. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';

/** Characters. */
const LONGEST = 200;
// Control characters, line separators, marks that reorder text, halves of characters.
const FORBIDDEN = /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** `text` trimmed and in NFC, so that one name has one form. Error: `name_not_valid`. */
export function labelName(text: string): string {
  const name = text.trim().normalize('NFC');
  if (name === '') throw new BenchkeepError('name_not_valid', 'A label needs a name', 'Give it a word or two.');
  if (name.length > LONGEST) {
    throw new BenchkeepError(
      'name_not_valid',
      `The label name is longer than ${String(LONGEST)} characters`,
      'Use a short name and put the rest into its description.',
    );
  }
  if (FORBIDDEN.test(name)) {
    throw new BenchkeepError(
      'name_not_valid',
      `The label name "${escapeForDisplay(name)}" has invisible characters`,
      'Type the name anew, in one line.',
    );
  }
  return name;
}
