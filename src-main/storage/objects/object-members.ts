/** The members of a folder in a store: every object below it, as a stream, however many there are. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { escapeForDisplay } from '../../../shared/format/display-name.ts';
import { giveWay } from '../../ports/give-way.ts';
import { rawFromBytes, type RawPath } from '../../ports/fs/raw-path.ts';
import type { ObjectFacts, ObjectStore } from './object-store.ts';

export interface Member {
  /** Below the folder. */
  path: RawPath;
  facts: ObjectFacts;
}

/**
 * In the order of their keys. Empty objects whose names end with a slash only mark folders and are left out. Errors:
 * `invalid_key` for a name that could lead out of a folder on a disk, or that no disk has; those of the store.
 */
export async function* objectMembers(
  store: Pick<ObjectStore, 'list'>,
  { folder, shown }: { folder: string; shown: string },
  signal: AbortSignal,
): AsyncGenerator<Member> {
  const turn = giveWay(signal);
  const lead = folder === '' ? '' : `${folder}/`;
  for await (const facts of store.list(lead, { signal })) {
    await turn();
    const below = facts.key.slice(lead.length);
    if (facts.size === 0 && (below === '' || below.endsWith('/'))) continue;
    if (!isPlainPath(below)) throw strangeName(`${shown}/${below}`);
    yield { path: rawKey(below), facts };
  }
}

/** True for what stays inside of every folder of every computer. */
export function isPlainPath(path: string): boolean {
  if (/[\\\0]/.test(path) || /^[A-Za-z]:/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** A key's bytes; unlike with paths that people type, a backslash is none of a folder. */
export function rawKey(key: string): RawPath {
  return rawFromBytes(Buffer.from(key, 'utf8'));
}

function strangeName(address: string): BenchkeepError {
  return new BenchkeepError(
    'invalid_key',
    `An object in the folder has a name that could be none of a file: ${escapeForDisplay(address)}`,
    'Give it another name in the store, or save its neighbours one by one.',
  );
}
