/** From what a person typed to a folder that may become a root. */
import { BenchkeepError } from '../../shared/errors.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { refuseRoot, type RootSurroundings } from './refuse-root.ts';

/**
 * Absolute, links resolved; not yet made where it is not there. Errors: `not_supported` (a cloud root),
 * `invalid_argument`, `file_not_found` (a linked folder must be there), `root_refused`.
 */
export async function prepareRoot(
  fs: Fs,
  text: string,
  options: RootSurroundings & { managed: boolean },
): Promise<RawPath> {
  const given = parseRoot(text);
  const root = await resolve(fs, given);
  const reason = refuseRoot(root, options);
  if (reason !== null) {
    throw new BenchkeepError(
      'root_refused',
      `${rawToDisplay(root)} can't be a storage: ${reason}`,
      'Choose another folder, for example one inside your own.',
    );
  }
  const facts = await fs.look(root);
  if (facts === null && !options.managed) {
    throw new BenchkeepError(
      'file_not_found',
      `There is no folder ${rawToDisplay(root)}`,
      'Check the path; a drive may not be connected.',
    );
  }
  if (facts !== null && facts.kind !== 'folder') {
    throw new BenchkeepError('root_refused', `${rawToDisplay(root)} is not a folder`, 'Choose a folder.');
  }
  return root;
}

/** Before anything is made in a root that is to be managed. Errors: `read_only`. */
export async function refuseUnwritable(fs: Fs, root: RawPath): Promise<void> {
  let there = root;
  while ((await fs.look(there)) === null && splitRaw(there).folder !== there) there = splitRaw(there).folder;
  if (await canWrite(there)) return;
  throw new BenchkeepError(
    'read_only',
    `${rawToDisplay(there)} can't be written, so Benchkeep can't keep files in it`,
    'Check its permissions and that its disk is not read-only, or link it (--link): then it is only read.',
  );
}

function parseRoot(text: string): RawPath {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    if (!['s3', 'gs', 'https', 'http', 'hf'].includes(scheme)) {
      throw new BenchkeepError(
        'invalid_argument',
        `"${text}" is no place that files can be in`,
        'Give the path of a folder.',
      );
    }
    throw new BenchkeepError(
      'not_supported',
      `${scheme}:// can't be a storage of this kind`,
      'Give a bucket (s3://…, gs://…) or the path of a folder on this computer or on a network share.',
    );
  }
  const path = rawFromText(text);
  if (text.includes('\0'))
    throw new BenchkeepError('name_not_valid', 'The path has a character that no path can have', 'Check the path.');
  if (!path.startsWith('/') && !/^[A-Za-z]:\//.test(path)) {
    throw new BenchkeepError(
      'invalid_argument',
      `The path "${text}" is not complete`,
      'Give the whole path of the folder, from the top of its disk on.',
    );
  }
  return normalize(path);
}

function normalize(path: RawPath): RawPath {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const lead = path.startsWith('//') && process.platform === 'win32' ? '//' : path.startsWith('/') ? '/' : '';
  return `${lead}${parts.join('/')}` as RawPath;
}

/** Of a path that is not there yet, the part that is. */
async function resolve(fs: Fs, path: RawPath): Promise<RawPath> {
  const { folder, name } = splitRaw(path);
  if ((await fs.look(path)) !== null || folder === path || name === '') return fs.realPath(path);
  return joinRaw(await resolve(fs, folder), name);
}
