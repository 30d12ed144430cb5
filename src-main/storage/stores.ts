/** The stores of an instance's storages: one client each, opened when it is first needed. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { openGcsStore } from './objects/gcs-store.ts';
import { openS3Store } from './objects/s3-store.ts';
import { parseCloudRoot, storeOptions, type CloudRoot } from './objects/store-options.ts';

export interface Stores {
  open(root: CloudRoot): Promise<ObjectStore>;
  /** The next to open it gets a new client, which signs in anew. Who has the old one may go on with it. */
  forget(root: CloudRoot): void;
  close(): void;
}

export function openStores(): Stores {
  const opened = new Map<string, Promise<ObjectStore>>();
  return {
    open(root) {
      const name = nameOf(root);
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = openStore(root);
      opened.set(name, opening);
      opening.catch(() => opened.delete(name));
      return opening;
    },
    forget: (root) => void opened.delete(nameOf(root)),
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

function nameOf({ root, options }: CloudRoot): string {
  return JSON.stringify([root, options]);
}

function openStore(root: CloudRoot): Promise<ObjectStore> {
  if (root.type === 's3') return openS3Store(root, {});
  return openGcsStore(root, {});
}

type StoredRoot = Pick<StorageRow, 'root' | 'type' | 'options'>;

/** Null for a folder. */
export function cloudRootOf(storage: StoredRoot): CloudRoot | null {
  const root = storage.type === 'local' ? null : parseCloudRoot(storage.root);
  if (root === null) return null;
  return { ...root, options: storage.options === null ? {} : storeOptions.parse(JSON.parse(storage.options)) };
}

/** Errors: `not_supported` for a storage that is no bucket. */
export function storeOf({ stores }: { stores: Stores }, storage: StoredRoot): Promise<ObjectStore> {
  const root = cloudRootOf(storage);
  if (root !== null) return stores.open(root);
  throw new BenchkeepError('not_supported', `${storage.root} is no bucket`, 'Choose a storage in a bucket.');
}
