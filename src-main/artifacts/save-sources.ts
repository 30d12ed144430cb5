/** What a person wants saved: where it really lies, and in which storage. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, rawFromText, relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, offline, OWN_FOLDER, storageOfPath } from '../storage/index.ts';

export interface Place {
  storage: StorageRow;
  /** Below the root. */
  relative: RawPath;
}

export interface Source {
  /** As it was given, for people. */
  shown: string;
  /** Absolute, links resolved. */
  path: RawPath;
  /** A file or a folder. */
  facts: FileFacts;
  /** Null outside of every storage. */
  place: Place | null;
}

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'home' | 'instanceUid'
>;

/**
 * Each place once, in the order given. Errors: `file_not_found`, `invalid_argument` (not a whole path), `not_a_file`,
 * `refused` (a whole storage, Benchkeep's own files), `offline` (another drive lies at the root).
 */
export async function gatherSources(context: Context, paths: readonly string[]): Promise<Source[]> {
  const sources = new Map<RawPath, Source>();
  const checked = new Set<number>();
  for (const text of paths) {
    const source = await findSource(context, text);
    if (sources.has(source.path)) continue;
    if (source.facts.kind === 'folder') await refuseAround(context, source);
    const storage = source.place?.storage;
    if (storage !== undefined && !checked.has(storage.id)) {
      const state = await checkRoot(context, storage);
      if (!state.attached) throw offline(state.reason);
      checked.add(storage.id);
    }
    sources.set(source.path, source);
  }
  return [...sources.values()];
}

async function findSource(context: Context, text: string): Promise<Source> {
  const shown = escapeForDisplay(text);
  const given = rawFromText(text);
  if (!given.startsWith('/') && !/^[A-Za-z]:\//.test(given)) {
    throw new BenchkeepError(
      'invalid_argument',
      `The path "${shown}" is not complete`,
      'Give the whole path of the file.',
    );
  }
  const path = await context.fs.realPath(given);
  const facts = await context.fs.look(path);
  if (facts?.kind !== 'file' && facts?.kind !== 'folder') {
    throw new BenchkeepError(
      'not_a_file',
      `${shown} is neither a file nor a folder`,
      'Only files and folders can be saved, not pipes, sockets or devices.',
    );
  }
  const place = await storageOfPath(context, path);
  if (place !== null) refuseOwn(place, shown);
  return { shown, path, facts, place };
}

function refuseOwn({ relative }: Place, shown: string): void {
  if (relative === '') {
    throw new BenchkeepError(
      'refused',
      `${shown} is a whole storage`,
      'Save the files and folders in it. A watched storage registers them by itself: benchkeep watch.',
    );
  }
  if (relativeRaw(OWN_FOLDER, relative) === null) return;
  throw new BenchkeepError(
    'refused',
    `${shown} is a file that Benchkeep keeps`,
    'It is registered already: find it with benchkeep list. To save something else, save it from where it came from.',
  );
}

/** A folder with a storage or the registry in it would be saved into itself. */
async function refuseAround({ registry, home }: Context, { path, shown }: Source): Promise<void> {
  const rows = await registry.db
    .selectFrom('storage')
    .select(['root', 'root_path'])
    .where('root_path', 'is not', null)
    .execute();
  for (const { root, root_path: bytes } of rows) {
    if (bytes === null || relativeRaw(path, rawFromBytes(bytes)) === null) continue;
    throw new BenchkeepError(
      'refused',
      `${shown} has the storage ${root} in it`,
      'Save the folders beside it one by one.',
    );
  }
  if (relativeRaw(path, home) === null) return;
  throw new BenchkeepError(
    'refused',
    `${shown} has Benchkeep's own data folder in it`,
    'Save the folders beside it one by one.',
  );
}
