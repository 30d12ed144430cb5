/** Keys: the names of artifacts in the registry, relative paths with `/`. */
import { BenchkeepError } from './errors.ts';
import { escapeForDisplay } from './format/display-name.ts';
import { suffixOf } from './suffixes.ts';

/** Characters of the longest key. */
export const LONGEST_KEY = 1024;

/** What Benchkeep and LaminDB keep their own things under, in every storage root. */
export const OWN_FOLDER = '.lamindb';

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u; // eslint-disable-line no-control-regex
const DRIVE = /^[A-Za-z]:/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/**
 * A key that a person or another program gave, unchanged (also its Unicode form), or `invalid_key`. Whatever passes
 * stays inside every root that it is joined to, on every platform. `fileName`: what it will name; its ending must stay.
 */
export function checkKey(key: string, fileName?: string): string {
  const problem = problemOf(key);
  if (problem !== null) {
    throw new BenchkeepError(
      'invalid_key',
      `"${shown(key)}" can't be a name in the registry: ${problem[0]}`,
      problem[1],
    );
  }
  if (fileName !== undefined) checkEnding(key, fileName);
  return key;
}

/** What happened, and what to do; null where the key is fine. */
function problemOf(key: string): [string, string] | null {
  if (key === '') return ['it is empty', 'Give a name such as experiment1/plate1.csv.'];
  if (tooLong(key)) {
    return [`it is longer than ${String(LONGEST_KEY)} characters`, 'Shorten the name or its folders.'];
  }
  if (/\p{Surrogate}/u.test(key)) return ['it has broken characters in it', 'Type the name again.'];
  if (CONTROL.test(key)) return ['it has invisible control characters in it', 'Type the name again, without them.'];
  if (SCHEME.test(key)) return ['it is a web or cloud address', 'Give only the part below the storage place.'];
  return problemOfPath(key) ?? problemOfPath(decodePercent(key));
}

function problemOfPath(path: string): [string, string] | null {
  const relative = 'Give a name relative to the storage place, such as experiment1/plate1.csv.';
  if (path.includes('\\')) return ['it has a backslash in it', 'Separate its parts with /.'];
  if (path.includes('\0')) return ['it has invisible control characters in it', 'Type the name again, without them.'];
  if (path.startsWith('/') || DRIVE.test(path)) return ['it is a place on one computer', relative];
  for (const segment of path.split('/')) {
    if (segment === '') return ['it has an empty part (two / in a row, or one at the end)', 'Remove the extra /.'];
    // Windows drops dots and spaces at the end, so that ". ." and "..." could step out too.
    if (/^[. ]+$/.test(segment)) return [`it has a part that is only dots or spaces`, relative];
    if (segment === '~') return ['it begins in a home folder', relative];
    if (isOwnFolder(segment)) {
      return [`${OWN_FOLDER} is where Benchkeep keeps its own files`, 'Choose another name for that folder.'];
    }
  }
  return null;
}

/** Also where a file system would take the segment for that folder: other case, ignored characters, short name. */
function isOwnFolder(segment: string): boolean {
  const plain = segment
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toLowerCase();
  return plain.replace(/[. ]+$/, '').split(':')[0] === OWN_FOLDER || /^lamind~\d+$/.test(plain);
}

/** `%2e%2e` → `..`, also encoded more than once; what is not an encoded ASCII character stays. */
function decodePercent(text: string): string {
  let before = '';
  let after = text;
  // Each round makes the text shorter; 1024 characters of `%2525…` end after some hundred rounds.
  while (after !== before) {
    before = after;
    after = before.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return after;
}

function checkEnding(key: string, fileName: string): void {
  const own = suffixOf(fileName);
  const given = suffixOf(key);
  const same = own.suffix === given.suffix && (own.suffix !== '' || endsLike(key, own.ending));
  if (same) return;
  const expected = own.suffix === '' ? own.ending : own.suffix;
  throw new BenchkeepError(
    'invalid_key',
    expected === ''
      ? `"${shown(key)}" ends in ${given.suffix}, which is not how the file itself ends`
      : `"${shown(key)}" does not end in ${shown(expected)} as the file itself does`,
    expected === '' ? 'Leave that ending out.' : `End the name in ${shown(expected)}.`,
    { details: { key, expected } },
  );
}

function endsLike(key: string, ending: string): boolean {
  return key.toLowerCase().endsWith(ending.toLowerCase());
}

function tooLong(key: string): boolean {
  if (key.length <= LONGEST_KEY) return false;
  return key.length > 2 * LONGEST_KEY || [...key].length > LONGEST_KEY;
}

/** For messages: escaped, and no longer than a line. */
function shown(key: string): string {
  const text = escapeForDisplay(key.slice(0, 100).replace(/\p{Surrogate}/gu, '\uFFFD'));
  return key.length > 100 ? `${text}…` : text;
}
