/** What a schema found wrong with an input, in words for the person who gave it. */

interface Issue {
  code?: string;
  message?: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
  expected?: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
  origin?: string;
  values?: readonly unknown[];
  input?: unknown;
}

/** Several problems are joined by semicolons; without a full stop. */
export function validationWords(issues: readonly unknown[]): string {
  const words = issues.map((issue) => oneIssue(issue as Issue));
  return words.join('; ') || 'The request is not valid';
}

function oneIssue(issue: Issue): string {
  const field = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return `${field === '' ? 'The input' : field} ${problem(issue)}`;
}

function problem({ code, message, expected, minimum, maximum, origin, values }: Issue): string {
  switch (code) {
    case 'invalid_type':
      return `must be ${expected === 'int' ? 'a whole number' : article(expected ?? 'another type')}`;
    case 'too_small':
      if (origin === 'string')
        return minimum === 1 ? 'must not be empty' : `needs at least ${amount(minimum)} characters`;
      if (origin === 'array') return minimum === 1 ? 'must not be empty' : `needs at least ${amount(minimum)} entries`;
      return `must be at least ${amount(minimum)}`;
    case 'too_big':
      if (origin === 'string') return `may have at most ${amount(maximum)} characters`;
      if (origin === 'array') return `may have at most ${amount(maximum)} entries`;
      return `must be at most ${amount(maximum)}`;
    case 'invalid_value':
      return `must be one of ${(values ?? []).map(String).join(', ')}`;
    default:
      return `is not valid: ${message ?? 'unknown reason'}`;
  }
}

function amount(value: number | bigint | undefined): string {
  return Number(value ?? 0).toLocaleString('en-US');
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
