/** Are the folders of this computer's storages there, and is there content of ours in them that no record names? */
import type { DoctorCheck } from '../../shared/contract/index.ts';
import { joinRaw, rawFromText, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import {
  BESIDE_FOLDER,
  checkRoot,
  LEASE_FOLDER,
  localRoot,
  markerPath,
  OWN_FOLDER,
  ownFolderOf,
  SNAPSHOT_NAME,
} from '../storage/index.ts';
import type { OpenInstance } from './open-instance.ts';

const MOST_NAMED = 5;
const PUBLISHED: ReadonlySet<RawPath> = new Set([SNAPSHOT_NAME, LEASE_FOLDER, BESIDE_FOLDER].map(rawFromText));

export async function checkPlaces(open: OpenInstance): Promise<DoctorCheck[]> {
  const storages = await open.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('type', '=', 'local')
    .where('workstation_uid', '=', open.workstationUid)
    .execute();
  const away: string[] = [];
  const orphans: string[] = [];
  for (const storage of storages) {
    const state = await checkRoot(open, storage);
    if (!state.attached) away.push(`${storage.root} (${state.reason})`);
    else if (storage.managed === 1 && storage.instance_uid === open.instanceUid)
      orphans.push(...(await orphansOf(open, storage)));
  }
  return [
    away.length === 0
      ? { name: 'folders', ok: true, message: `All ${String(storages.length)} are connected.`, remedy: null }
      : { name: 'folders', ok: false, message: `Not connected: ${away.join(', ')}.`, remedy: 'Connect their drives.' },
    orphans.length === 0
      ? { name: 'orphans', ok: true, message: 'All content in managed storages has its record.', remedy: null }
      : {
          name: 'orphans',
          ok: false,
          message: `${String(orphans.length)} have no record: ${orphans.slice(0, MOST_NAMED).join(', ')}.`,
          remedy: 'They are complete: save them again with benchkeep save, or remove them by hand.',
        },
  ];
}

/** Content that was copied in, but that no record names: of a crash right after copying, or of an older backup. */
async function orphansOf({ fs, registry }: OpenInstance, storage: StorageRow): Promise<string[]> {
  const root = localRoot(storage);
  const folder = ownFolderOf(root);
  if ((await fs.look(folder)) === null) return [];
  const named = registry.sqlite.prepare<[number, Buffer], unknown>(
    'SELECT 1 FROM copy WHERE storage_id = ? AND path = ?',
  );
  const isNamed = (name: RawPath): boolean =>
    named.get(storage.id, rawToBytes(joinRaw(OWN_FOLDER, name))) !== undefined;
  const entries = await fs.readFolder(folder);
  return entries
    .filter(({ name }) => joinRaw(folder, name) !== markerPath(root) && !PUBLISHED.has(name) && !isNamed(name))
    .map(({ name }) => rawToDisplay(joinRaw(folder, name)));
}
