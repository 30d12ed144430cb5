/** The stores of an instance's storages: one client each, opened when it is first needed. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { SignInRecord } from '../../shared/contract/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { noKeychain, type Keychain } from './keychain.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { openGcsStore } from './objects/gcs-store.ts';
import { openS3Store } from './objects/s3-store.ts';
import { parseCloudRoot, storeOptions, type CloudRoot } from './objects/store-options.ts';
import { accessOfKept, describeAccess, placeOf, type KeptSignIn, type StoreAccess } from './store-access.ts';

/** What an instance's workstation remembers of how its storages are reached. */
export interface KeptSignIns {
  find(place: { root: string; endpoint: string }): Promise<KeptSignIn | null>;
  /** The person chose this endpoint, and not only a registry. */
  isChosen(endpoint: string): Promise<boolean>;
}

export interface Stores {
  keychain: Keychain;
  open(root: CloudRoot): Promise<ObjectStore>;
  /** The next to open it gets a new client, which signs in anew. Who has the old one may go on with it. */
  forget(root: CloudRoot): void;
  /** Errors: `not_signed_in` where the keychain does not give what was kept. */
  accessOf(root: CloudRoot): Promise<StoreAccess>;
  /** For people; a keychain that gives nothing is `nothing`. */
  describe(root: CloudRoot): Promise<SignInRecord>;
  /** Signs in until the program ends; null takes that back. Whoever opens the store from now on gets a new client. */
  signIn(root: CloudRoot, access: StoreAccess | null): void;
  /** The same stores for an instance that has sign-ins of its own; closed for itself. */
  ofInstance(kept: KeptSignIns): Stores;
  close(): void;
}

export function openStores(keychain: Keychain = noKeychain): Stores {
  return storesWith(keychain, new Map(), null);
}

function storesWith(keychain: Keychain, sessions: Map<string, StoreAccess>, kept: KeptSignIns | null): Stores {
  const opened = new Map<string, Promise<ObjectStore>>();
  /** Whoever works with one goes on; they are closed in the end. */
  const replaced: Promise<ObjectStore>[] = [];

  async function accessOf(root: CloudRoot): Promise<StoreAccess> {
    const place = placeOf(root);
    const isChosen = kept !== null && place.endpoint !== '' && (await kept.isChosen(place.endpoint));
    const session = sessions.get(JSON.stringify(place));
    if (session !== undefined) return { ...session, isChosen };
    const found = (await kept?.find(place)) ?? null;
    return { ...(found === null ? {} : await accessOfKept(found, root.root, keychain)), isChosen };
  }

  return {
    keychain,
    accessOf,
    open(root) {
      const name = nameOf(root);
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = accessOf(root).then((access) => openStore(root, access));
      opened.set(name, opening);
      opening.catch(() => {
        if (opened.get(name) === opening) opened.delete(name);
      });
      return opening;
    },
    forget(root) {
      const name = nameOf(root);
      const known = opened.get(name);
      if (known !== undefined) replaced.push(known);
      opened.delete(name);
    },
    async describe(root) {
      try {
        return await describeAccess(root, await accessOf(root), process.env);
      } catch (error) {
        if (!(error instanceof BenchkeepError)) throw error;
        return { by: 'nothing', name: null, kept: null };
      }
    },
    signIn(root, access) {
      const name = JSON.stringify(placeOf(root));
      if (access === null) sessions.delete(name);
      else sessions.set(name, { ...access, kept: 'session' });
      replaced.push(...opened.values());
      opened.clear();
    },
    ofInstance: (signIns) => storesWith(keychain, sessions, signIns),
    close() {
      for (const opening of [...opened.values(), ...replaced]) {
        opening.then(
          (store) => {
            store.close();
          },
          () => undefined,
        );
      }
      opened.clear();
      replaced.length = 0;
    },
  };
}

function nameOf({ root, options, fromRegistry }: CloudRoot): string {
  return JSON.stringify([root, options, fromRegistry === true]);
}

function openStore(root: CloudRoot, access: StoreAccess): Promise<ObjectStore> {
  return root.type === 's3' ? openS3Store(root, access) : openGcsStore(root, access);
}

type StoredRoot = Pick<StorageRow, 'root' | 'type' | 'options'>;

/** Null for a folder. */
export function cloudRootOf(storage: StoredRoot): CloudRoot | null {
  const root = storage.type === 'local' ? null : parseCloudRoot(storage.root);
  if (root === null) return null;
  const options = storage.options === null ? {} : storeOptions.parse(JSON.parse(storage.options));
  return { ...root, options, fromRegistry: true };
}

/** Errors: `not_supported` for a storage that is no bucket. */
export function storeOf({ stores }: { stores: Stores }, storage: StoredRoot): Promise<ObjectStore> {
  const root = cloudRootOf(storage);
  if (root !== null) return stores.open(root);
  throw new BenchkeepError('not_supported', `${storage.root} is no bucket`, 'Choose a storage in a bucket.');
}
