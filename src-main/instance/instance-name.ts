/** Names of instances. Pure. */
import { BenchkeepError } from '../../shared/errors.ts';

/** The word for a folder that Benchkeep chooses, and the name of the instance in it. */
export const DEFAULT_ROOT = 'default';
export const DEFAULT_NAME = 'my-lab';

const SAFE = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u;

/** Errors: `name_not_valid`, `already_exists`. */
export function checkName(name: string, taken: ReadonlySet<string>): string {
  if (!SAFE.test(name)) {
    throw new BenchkeepError(
      'name_not_valid',
      `"${name}" can't be the name of an instance`,
      'Use letters, digits, dots and dashes, 100 at most, and begin with a letter or digit.',
    );
  }
  if (taken.has(name)) {
    throw new BenchkeepError(
      'already_exists',
      `There is an instance "${name}" already`,
      'Connect to it (benchkeep connect NAME), or give another name.',
    );
  }
  return name;
}

/** Made of the name of the root's folder, with a number where that is taken. */
export function nameFromFolder(folder: string, taken: ReadonlySet<string>): string {
  const safe = folder
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 90);
  const name = safe === '' ? DEFAULT_NAME : safe;
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${String(n)}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** The wanted name, checked, or one made of the folder's. Errors: those of `checkName`. */
export function chooseName(wanted: string | null, folder: string, cards: readonly { name: string }[]): string {
  const taken = new Set(cards.map(({ name }) => name));
  return wanted === null ? nameFromFolder(folder, taken) : checkName(wanted, taken);
}
