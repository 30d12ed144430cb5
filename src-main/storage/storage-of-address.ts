/** Which storage an object of a store lies in. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import { addLinkedPlace } from './add-linked-place.ts';
import type { ObjectAddress, PlaceRoot } from './objects/object-address.ts';
import { parseCloudRoot } from './objects/store-options.ts';
import type { StorageContext } from './storage-context.ts';
import { cloudRootOf } from './stores.ts';

export interface StoragePlace {
  storage: StorageRow;
  /** Below its root; empty for the root itself. */
  key: string;
}

/**
 * Of nested roots the deepest owns it. Where none has it, its bucket, server or repository becomes a linked storage, as
 * with LaminDB. Errors: `already_exists` where it is a storage reached in another way; those of the store.
 */
export async function storageOfAddress(context: StorageContext, address: ObjectAddress): Promise<StoragePlace> {
  const known = await knownStorageOf(context, address);
  if (known !== null) return known;
  const id = await addLinkedPlace(context, address.place);
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { storage, key: address.key };
}

/** Null where no storage has it. */
export async function knownStorageOf(
  { registry }: Pick<StorageContext, 'registry'>,
  { place, key }: ObjectAddress,
): Promise<StoragePlace | null> {
  const rows = await registry.db.selectFrom('storage').selectAll().where('type', '=', place.type).execute();
  let deepest: StoragePlace | null = null;
  for (const storage of rows) {
    const below = keyBelow(storage.root, place, key);
    if (below !== null && (deepest === null || below.length < deepest.key.length)) deepest = { storage, key: below };
  }
  if (deepest !== null) refuseOtherWay(deepest.storage, place);
  return deepest;
}

/** Null where it lies outside. */
function keyBelow(root: string, place: PlaceRoot, key: string): string | null {
  if ('bucket' in place) {
    const other = parseCloudRoot(root);
    if (other?.bucket !== place.bucket) return null;
    if (other.prefix === '' || key === other.prefix) return key.slice(other.prefix.length);
    return key.startsWith(`${other.prefix}/`) ? key.slice(other.prefix.length + 1) : null;
  }
  if (root === place.root) return key;
  const prefix = root.startsWith(`${place.root}/`) ? root.slice(place.root.length + 1) : null;
  if (prefix === null) return null;
  if (key === prefix) return '';
  return key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : null;
}

/** The way that the storage has for it is taken. */
const SAME_STORE: ReadonlySet<string> = new Set(['region', 'addressing_style']);

/** Buckets of one name are others at other endpoints. Where no endpoint is given, the storage's is meant. */
function refuseOtherWay(storage: StorageRow, place: PlaceRoot): void {
  if (!('bucket' in place)) return;
  const { options } = cloudRootOf(storage) ?? { options: {} };
  const [given, kept]: [Record<string, string | undefined>, Record<string, string | undefined>] = [
    place.options,
    options,
  ];
  const other = Object.keys(given).find((name) => !SAME_STORE.has(name) && given[name] !== kept[name]);
  if (other === undefined) return;
  throw new BenchkeepError(
    'already_exists',
    `${storage.root} is a storage already, reached in another way`,
    `Leave ?${other}=… out to read from there. Two stores with buckets of one name can't be in one instance.`,
  );
}
