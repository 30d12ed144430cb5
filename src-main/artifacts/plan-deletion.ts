/** What deleting for good would do: asked before, and decided by the same function when it is done. */
import type { Kysely } from 'kysely';
import { joinRaw, rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import { localRoot, OWN_FOLDER } from '../storage/index.ts';
import { findArtifacts } from './find-artifact.ts';
import { below } from './locate-content.ts';

export interface PlannedDeletion {
  uid: string;
  key: string | null;
  size: number;
  /** Where its file lies among others of a person, if it does. */
  in_place: string | null;
  /** Where Benchkeep's own copy lies, if there is one. */
  managed: string | null;
  /** The file lies where Benchkeep never writes. */
  linked: boolean;
  /** "a file remains here: …", if nothing else is asked for. */
  remains: string | null;
  /** Why it can't be deleted. */
  blocked: string | null;
}

export interface DeletionPlace {
  storage: StorageRow;
  copy: CopyRow;
  /** Absolute. */
  path: RawPath;
  /** A copy that Benchkeep made, under its own folder. */
  isOwn: boolean;
}

/** Errors: `not_found`, `ambiguous`. */
export async function planDeletion(
  context: { registry: Kysely<RegistryDB> },
  input: { artifacts: string[] },
): Promise<{ items: PlannedDeletion[] }> {
  const items: PlannedDeletion[] = [];
  for (const artifact of await findArtifacts(context.registry, input.artifacts)) {
    const places = await placesOf(context.registry, artifact);
    const objects = await objectsOf(context.registry, artifact);
    const own = places.find(({ isOwn }) => isOwn);
    const ownObject = objects.find(({ isOwn }) => isOwn);
    const inPlace = places.find(({ isOwn }) => !isOwn);
    const objectInPlace = objects.find(({ isOwn }) => !isOwn);
    items.push({
      uid: artifact.uid,
      key: artifact.key,
      size: artifact.size,
      in_place: inPlace === undefined ? (objectInPlace?.address ?? null) : rawToDisplay(inPlace.path),
      managed: own === undefined ? (ownObject?.address ?? null) : rawToDisplay(own.path),
      linked: (inPlace ?? objectInPlace)?.storage.managed === 0,
      remains: remainsOf(artifact, inPlace === undefined ? objectInPlace?.address : rawToDisplay(inPlace.path)),
      blocked: await whyBlocked(context.registry, artifact),
    });
  }
  return { items };
}

export function remainsHere(artifact: ArtifactRow, path: RawPath): string {
  return remainsOf(artifact, rawToDisplay(path)) ?? '';
}

/** `shown`: as people see it. */
function remainsOf({ n_files: n }: ArtifactRow, shown: string | undefined): string | null {
  return shown === undefined ? null : `a ${n === null ? 'file' : 'folder'} remains here: ${shown}`;
}

/** Copies on this and other computers; those without a local folder are left out. */
export async function placesOf(db: Kysely<RegistryDB>, { id }: ArtifactRow): Promise<DeletionPlace[]> {
  const copies = await db.selectFrom('copy').selectAll().where('artifact_id', '=', id).orderBy('id').execute();
  const places: DeletionPlace[] = [];
  for (const copy of copies) {
    const storage = await db.selectFrom('storage').selectAll().where('id', '=', copy.storage_id).executeTakeFirst();
    if (storage === undefined || storage.root_path === null) continue;
    const path = below(rawFromBytes(copy.path));
    const isOwn = storage.managed === 1 && path.startsWith(`${OWN_FOLDER}/`);
    places.push({ storage, copy, path: joinRaw(localRoot(storage), path), isOwn });
  }
  return places;
}

export interface DeletionObject {
  storage: StorageRow;
  copy: CopyRow;
  /** Key below the root. */
  key: string;
  /** As people see it. */
  address: string;
  /** An object that Benchkeep made, under its own folder of the bucket. */
  isOwn: boolean;
}

/** Copies in stores. */
export async function objectsOf(db: Kysely<RegistryDB>, { id }: ArtifactRow): Promise<DeletionObject[]> {
  const copies = await db.selectFrom('copy').selectAll().where('artifact_id', '=', id).orderBy('id').execute();
  const objects: DeletionObject[] = [];
  for (const copy of copies) {
    const storage = await db.selectFrom('storage').selectAll().where('id', '=', copy.storage_id).executeTakeFirst();
    if (storage === undefined || storage.type === 'local') continue;
    const key = copy.path.toString('utf8');
    const isOwn = storage.managed === 1 && key.startsWith(`${OWN_FOLDER}/`);
    objects.push({ storage, copy, key, address: `${storage.root}/${key}`, isOwn });
  }
  return objects;
}

const MOST_NAMED = 5;

/** Collections that hold it. Versions and equal files have content of their own, so they hold nothing back. */
export async function whyBlocked(db: Kysely<RegistryDB>, { id }: ArtifactRow): Promise<string | null> {
  const sets = await db
    .selectFrom('collection_artifact')
    .innerJoin('collection', 'collection.id', 'collection_artifact.collection_id')
    .select('collection.key')
    .where('collection_artifact.artifact_id', '=', id)
    .limit(MOST_NAMED + 1)
    .execute();
  if (sets.length === 0) return null;
  const named = sets.slice(0, MOST_NAMED).map(({ key }) => `"${key}"`);
  return `it belongs to the set${sets.length === 1 ? '' : 's'} ${named.join(', ')}${sets.length > MOST_NAMED ? ' and more' : ''}`;
}
