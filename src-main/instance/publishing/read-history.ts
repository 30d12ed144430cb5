/** The history of a registry that nobody writes to now, and the published one fetched beside it. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { joinRaw, rawFromText, type RawPath } from '../../ports/fs/raw-path.ts';
import { ONCE_THROUGH_KIB, openSqlite } from '../../ports/fs/sqlite-file.ts';
import type { PublishedPlace } from '../../storage/index.ts';
import { sqliteCode } from '../../registry/sqlite-error.ts';
import { goesOnFrom, headOf } from '../prove-backup.ts';
import type { Workbench } from '../workbench.ts';
import type { History } from './compare-copies.ts';

/** Of the file as it is during `use`; null where it can't be read: whoever opens it says why. */
export async function withHistory<T>(path: RawPath, use: (history: History) => Promise<T> | T): Promise<T | null> {
  let sqlite;
  let history: History;
  try {
    const open = openSqlite(path, { readonly: true, cacheKib: ONCE_THROUGH_KIB });
    sqlite = open;
    history = { head: headOf(open), goesThrough: (head) => goesOnFrom(open, head) };
  } catch (error) {
    sqlite?.close();
    if (sqliteCode(error) === null) throw error;
    return null;
  }
  try {
    return await use(history);
  } finally {
    sqlite.close();
  }
}

export function fetchedPath(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('fetched.db'));
}

/**
 * The published registry as a file of this computer (`fetchedPath`), proven; whoever asked removes it. Errors:
 * `newer_version`, `registry_corrupt`, those of the place.
 */
export async function fetchPublished(
  { fs, registryWork, place, folder, uid, signal }: FetchContext,
  tag: string,
): Promise<{ path: RawPath; head: History['head']; nArtifacts: number }> {
  const path = fetchedPath(folder);
  await fs.removeOwnFile(path);
  await place.fetchSnapshot(tag, path, { signal });
  const { fault, head, nArtifacts } = await registryWork.proveBackup({ path, uid });
  if (fault === null) return { path, head, nArtifacts };
  await fs.removeOwnFile(path);
  throw new BenchkeepError(
    fault.startsWith('A newer Benchkeep') ? 'newer_version' : 'registry_corrupt',
    `The published registry in ${place.root} can't be used: ${fault}`,
    'Nothing was changed here. Install the newest Benchkeep, or ask whoever published it to do so again (benchkeep publish).',
  );
}

export interface FetchContext extends Pick<Workbench, 'fs' | 'registryWork'> {
  place: PublishedPlace;
  /** The instance's folder and uid. */
  folder: RawPath;
  uid: string;
  signal?: AbortSignal | undefined;
}
