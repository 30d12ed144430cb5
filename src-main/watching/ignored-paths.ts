/** What a person said to leave alone. */
import { splitRaw, rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { IGNORED_BY_PERSON } from '../workstation/inbox-rows.ts';
import type { Workstation } from '../workstation/open-workstation.ts';

/** True for paths of the storage that are ignored, and for all that is below an ignored folder. */
export async function ignoredPaths(
  { db }: Pick<Workstation, 'db'>,
  storageUid: string,
): Promise<(path: RawPath) => boolean> {
  const rows = await db
    .selectFrom('inbox')
    .select('path')
    .where('storage_uid', '=', storageUid)
    .where('state', '=', 'ignored')
    .where('cause', '=', IGNORED_BY_PERSON)
    .execute();
  if (rows.length === 0) return () => false;
  const ignored = new Set(rows.map(({ path }) => rawFromBytes(path)));
  return (path) => {
    for (let at = path; at !== ''; at = splitRaw(at).folder) if (ignored.has(at)) return true;
    return false;
  };
}
