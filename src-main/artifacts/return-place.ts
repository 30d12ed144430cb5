/** Where content of an artifact is on this computer, and where it comes back to after space was freed. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromBytes, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { currentLocalStorage, OWN_FOLDER } from '../storage/index.ts';
import { freedPlace } from './freed-places.ts';

export interface ReturnPlace {
  storage: StorageRow;
  /** Below its root. */
  relative: RawPath;
  mtimeNs: string | null;
  isInPlace: boolean;
}

/** A copy in a storage of this computer whose file, or folder, is there. */
export async function copyHere(
  context: InstanceContext,
  { id, size, n_files: nFiles }: ArtifactRow,
): Promise<RawPath | null> {
  const copies = await context.registry.db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['copy.path', 'storage.root_path'])
    .where('copy.artifact_id', '=', id)
    .where('storage.workstation_uid', '=', context.workstationUid)
    .execute();
  for (const { path, root_path: root } of copies) {
    if (root === null) continue;
    const absolute = joinRaw(rawFromBytes(root), rawFromBytes(path));
    const facts = await context.fs.look(absolute);
    if (nFiles === null ? facts?.size === size : facts?.kind === 'folder') return absolute;
  }
  return null;
}

/** Error: `no_local_storage`. */
export async function placeFor(context: InstanceContext, artifact: ArtifactRow): Promise<ReturnPlace> {
  const freed = await freedPlace(context, artifact.uid);
  if (freed !== null && freed.storage.managed === 1 && !freed.relative.startsWith(`${OWN_FOLDER}/`))
    return { ...freed, isInPlace: true };
  const storage = await currentLocalStorage({
    registry: context.registry.db,
    workstation: context.workstation.db,
    workstationUid: context.workstationUid,
  });
  if (storage === null) {
    throw new BenchkeepError(
      'no_local_storage',
      'This computer has no storage for files that come back',
      'Add one with: benchkeep storage add FOLDER.',
    );
  }
  const relative = joinRaw(OWN_FOLDER, rawFromText(`${artifact.uid}${artifact.suffix}`));
  return { storage, relative, mtimeNs: null, isInPlace: false };
}
