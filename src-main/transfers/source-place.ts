/** In which storage of this computer the file of an upload lies, and which record names it. */
import { rawFromBytes, rawToBytes, relativeRaw } from '../ports/fs/raw-path.ts';
import { toLoggedJson } from '../registry/change-hash.ts';
import type { CopyRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, offline, OWN_FOLDER } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { TransferContext } from './transfer-context.ts';

export interface SourcePlace {
  storage: StorageRow;
  /** Below its root, as `copy.path`. */
  path: Buffer;
  /** Below `.lamindb`: a copy that this program made. */
  isOwn: boolean;
}

type PlaceContext = Pick<TransferContext, 'registry' | 'workstationUid'>;

/** Null for a file outside every storage. */
export async function sourcePlace(
  context: PlaceContext,
  row: Pick<TransferRow, 'source'>,
): Promise<SourcePlace | null> {
  return placeIn(await storagesHere(context), row);
}

/** Of several, by the ids of their rows; those of files outside every storage are missing. */
export async function placesOf(
  context: PlaceContext,
  rows: readonly Pick<TransferRow, 'id' | 'source'>[],
): Promise<Map<number, SourcePlace>> {
  const storages = await storagesHere(context);
  const places = new Map<number, SourcePlace>();
  for (const row of rows) {
    const place = placeIn(storages, row);
    if (place !== null) places.set(row.id, place);
  }
  return places;
}

function storagesHere({ registry, workstationUid }: PlaceContext): Promise<StorageRow[]> {
  return registry.db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', workstationUid)
    .where('root_path', 'is not', null)
    .execute();
}

function placeIn(storages: readonly StorageRow[], { source }: Pick<TransferRow, 'source'>): SourcePlace | null {
  const path = rawFromBytes(source);
  let deepest: SourcePlace | null = null;
  for (const storage of storages) {
    const relative = relativeRaw(localRoot(storage), path);
    if (relative === null || relative.length >= (deepest?.path.length ?? Infinity)) continue;
    deepest = { storage, path: rawToBytes(relative), isOwn: relative.startsWith(`${OWN_FOLDER}/`) };
  }
  return deepest;
}

/** A drive that is away takes its files with it: they are not lost. Error: `offline`. */
export async function refuseAway(context: TransferContext, row: Pick<TransferRow, 'source'>): Promise<void> {
  const place = await sourcePlace(context, row);
  const root = place === null ? null : await checkRoot(context, place.storage);
  if (root?.attached === false) throw offline(root.reason);
}

type CopyPlace = Pick<SourcePlace, 'storage' | 'path'>;

export async function copyAt(
  { registry }: Pick<TransferContext, 'registry'>,
  { storage, path }: CopyPlace,
): Promise<CopyRow | null> {
  const copy = await registry.db
    .selectFrom('copy')
    .selectAll()
    .where('storage_id', '=', storage.id)
    .where('path', '=', path)
    .executeTakeFirst();
  return copy ?? null;
}

/** True where the change log says that the file there stopped being a copy of the artifact because it goes to the cache. */
export async function wasUnnamed(
  { registry }: Pick<TransferContext, 'registry'>,
  artifactUid: string,
  { storage, path }: CopyPlace,
): Promise<boolean> {
  const last = await registry.db
    .selectFrom('change')
    .select(['operation', 'before'])
    .where('uid', '=', artifactUid)
    .where('registry', '=', 'copy')
    .where('action', '=', 'delete')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last?.operation !== 'to cache' || last.before === null) return false;
  const was = JSON.parse(last.before) as { storage_id: number; path: unknown };
  return (
    toLoggedJson({ storage_id: was.storage_id, path: was.path }) === toLoggedJson({ storage_id: storage.id, path })
  );
}
