/** The stores of an instance's storages: one client each, opened when it is first needed. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { PlaceRoot } from './objects/object-address.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { openGcsStore } from './objects/gcs-store.ts';
import type { HfAccess } from './objects/hf-fetch.ts';
import { openHfStore } from './objects/hf-store.ts';
import { openHttpsStore } from './objects/https-store.ts';
import { openS3Store } from './objects/s3-store.ts';
import { parseCloudRoot, storeOptions, type CloudRoot } from './objects/store-options.ts';

export interface Stores {
  open(root: PlaceRoot): Promise<ObjectStore>;
  close(): void;
}

/** `web`: how servers on the web are reached, and which of them may be (S-10). */
export function openStores(web: HfAccess = {}): Stores {
  const opened = new Map<string, Promise<ObjectStore>>();
  return {
    open(root) {
      const name = JSON.stringify([root.root, 'options' in root ? root.options : {}]);
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = openStore(root, web);
      opened.set(name, opening);
      opening.catch(() => opened.delete(name));
      return opening;
    },
    close() {
      for (const opening of opened.values()) {
        opening.then(
          (store) => {
            store.close();
          },
          () => undefined,
        );
      }
      opened.clear();
    },
  };
}

function openStore(root: PlaceRoot, web: HfAccess): Promise<ObjectStore> {
  if (!('bucket' in root)) return root.type === 'hf' ? openHfStore(root, web) : openHttpsStore(root, web);
  if (root.type === 's3') return openS3Store(root, {});
  return openGcsStore(root, {});
}

type StoredRoot = Pick<StorageRow, 'root' | 'type' | 'options'>;

/** Null for what is no bucket. */
export function cloudRootOf(storage: StoredRoot): CloudRoot | null {
  const root = storage.type === 'local' ? null : parseCloudRoot(storage.root);
  if (root === null) return null;
  return { ...root, options: storage.options === null ? {} : storeOptions.parse(JSON.parse(storage.options)) };
}

/** Errors: `not_supported` for a storage that is a folder. */
export function storeOf({ stores }: { stores: Stores }, storage: StoredRoot): Promise<ObjectStore> {
  const { type, root: address } = storage;
  const root = type === 'https' || type === 'hf' ? { type, root: address } : cloudRootOf(storage);
  if (root !== null) return stores.open(root);
  throw new BenchkeepError('not_supported', `${storage.root} is no bucket`, 'Choose a storage in a bucket.');
}
