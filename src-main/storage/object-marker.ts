/** The marker of a storage in a bucket: the same text as in a folder (`marker`), put only where none is. */
import type { ObjectStore } from './objects/object-store.ts';
import { LONGEST_MARKER, markerText, parseMarker, type Marker, type MarkerContent } from './marker.ts';

const KEY = '.lamindb/storage_uid.txt';

/** Null where there is none. */
export async function readObjectMarker(store: ObjectStore): Promise<Marker | null> {
  const facts = await store.stat(KEY);
  if (facts === null) return null;
  return parseMarker((await store.readRange(KEY, 0, LONGEST_MARKER, { of: facts })).toString('utf8'));
}

/** Errors: `already_exists` where another instance was faster. */
export async function writeObjectMarker(store: ObjectStore, content: MarkerContent): Promise<void> {
  await store.put(KEY, Buffer.from(markerText(content), 'utf8'), { condition: { absent: true } });
}

export async function removeObjectMarker(store: ObjectStore): Promise<void> {
  await store.delete(KEY);
}
