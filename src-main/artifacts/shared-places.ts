/** What else needs the file or folder at a path: records of it, of what lies in it, of a folder that it lies in. */
import type { Kysely } from 'kysely';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { rawToBytes, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryDB, StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';

const MOST_NAMED = 5;

/** For people, some of them; empty where nothing does. `except`: artifacts that don't count. */
export async function sharersOf(
  db: Kysely<RegistryDB>,
  { workstation_uid: workstation }: Pick<StorageRow, 'workstation_uid'>,
  absolute: RawPath,
  except: ReadonlySet<number>,
): Promise<string[]> {
  const storages = await db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', workstation)
    .where('root_path', 'is not', null)
    .execute();
  const named: string[] = [];
  for (const storage of storages) {
    const root = localRoot(storage);
    if (relativeRaw(absolute, root) !== null) named.push(`the storage ${storage.root}`);
    const relative = relativeRaw(root, absolute);
    if (relative === null || relative === '') continue;
    const rows = await db
      .selectFrom('copy')
      .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
      .select(['artifact.id', 'artifact.key', 'artifact.uid'])
      .where('copy.storage_id', '=', storage.id)
      .where((where) =>
        where.or([
          where('copy.path', 'in', [relative, ...foldersAbove(relative)].map(rawToBytes)),
          // `0` is what comes after `/`.
          where.and([
            where('copy.path', '>=', rawToBytes(`${relative}/` as RawPath)),
            where('copy.path', '<', rawToBytes(`${relative}0` as RawPath)),
          ]),
        ]),
      )
      .limit(MOST_NAMED + except.size)
      .execute();
    for (const { id, key, uid } of rows) if (!except.has(id)) named.push(`"${escapeForDisplay(key ?? uid)}"`);
  }
  return named.slice(0, MOST_NAMED);
}

function foldersAbove(path: RawPath): RawPath[] {
  const above: RawPath[] = [];
  for (let { folder } = splitRaw(path); folder !== ''; { folder } = splitRaw(folder)) above.push(folder);
  return above;
}
