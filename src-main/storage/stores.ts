/** The stores of an instance's storages: one client each, opened when it is first needed. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { SignInRecord } from '../../shared/contract/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { noKeychain, type Keychain } from './keychain.ts';
import type { PlaceRoot } from './objects/object-address.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { openGcsStore } from './objects/gcs-store.ts';
import type { HfAccess } from './objects/hf-fetch.ts';
import { openHfStore } from './objects/hf-store.ts';
import { openHttpsStore } from './objects/https-store.ts';
import type { WebRoot } from './objects/web-root.ts';
import { openS3Store } from './objects/s3-store.ts';
import type { SmallFileSender } from './objects/small-file-sender.ts';
import { parseCloudRoot, storeOptions, type CloudRoot } from './objects/store-options.ts';
import { accessOfKept, describeAccess, placeOf, type KeptSignIn, type StoreAccess } from './store-access.ts';

/** What an instance's workstation remembers of how its storages are reached. */
export interface KeptSignIns {
  find(place: { root: string; endpoint: string }): Promise<KeptSignIn | null>;
  /** The person chose this endpoint, and not only a registry. */
  isChosen(endpoint: string): Promise<boolean>;
  /** From now on it is. False where it was already. */
  choose(endpoint: string): Promise<boolean>;
}

export interface Stores {
  keychain: Keychain;
  open(root: PlaceRoot): Promise<ObjectStore>;
  /** The next to open it gets a new client, which signs in anew. Who has the old one may go on with it. */
  forget(root: CloudRoot): void;
  /** A person gave this endpoint on this computer: it may be asked, wherever it is (S-10), also by whoever opens a store next. */
  chosen(endpoint: string): Promise<void>;
  /** Whether the endpoint of this root was. */
  isChosen(root: CloudRoot): Promise<boolean>;
  /** Errors: `not_signed_in` where the keychain does not give what was kept. */
  accessOf(root: CloudRoot): Promise<StoreAccess>;
  /** For people; a keychain that gives nothing is `nothing`. */
  describe(root: CloudRoot): Promise<SignInRecord>;
  /** Signs in until the program ends; null takes that back. Whoever opens a store from now on, of any instance, gets a new client. */
  signIn(root: CloudRoot, access: StoreAccess | null): void;
  /** The same stores for an instance that has sign-ins of its own; closed for itself. */
  ofInstance(kept: KeptSignIns): Stores;
  close(): void;
}

export interface StoreMeans {
  keychain?: Keychain | undefined;
  /** How servers on the web are reached. */
  web?: HfAccess;
  /** Sends small files beside this thread. */
  sender?: SmallFileSender;
}

export function openStores({ keychain = noKeychain, web = {}, sender }: StoreMeans = {}): Stores {
  return storesWith({ keychain, web, sender }, { access: new Map(), changes: 0 }, null);
}

interface Means {
  keychain: Keychain;
  web: HfAccess;
  sender: SmallFileSender | undefined;
}

/** Sign-ins until the program ends, for all stores that came from the same ones. */
interface Sessions {
  access: Map<string, StoreAccess>;
  /** Grows with each sign-in and each endpoint that is chosen: clients that were opened before know nothing of it. */
  changes: number;
}

function storesWith(means: Means, sessions: Sessions, kept: KeptSignIns | null): Stores {
  const { keychain, web, sender } = means;
  let heard = sessions.changes;
  const opened = new Map<string, Promise<ObjectStore>>();
  /** Whoever works with one goes on; they are closed in the end. */
  const replaced: Promise<ObjectStore>[] = [];

  async function isChosen(root: CloudRoot): Promise<boolean> {
    const { endpoint } = placeOf(root);
    return kept !== null && endpoint !== '' && (await kept.isChosen(endpoint));
  }

  async function accessOf(root: CloudRoot): Promise<StoreAccess> {
    const place = placeOf(root);
    const chosen = { isChosen: await isChosen(root) };
    const session = sessions.access.get(JSON.stringify(place));
    if (session !== undefined) return { ...session, ...chosen };
    const found = (await kept?.find(place)) ?? null;
    return { ...(found === null ? {} : await accessOfKept(found, root.root, keychain)), ...chosen };
  }

  return {
    keychain,
    accessOf,
    isChosen,
    async chosen(endpoint) {
      // Clients that were opened before would go on refusing it.
      if (kept !== null && (await kept.choose(endpoint))) sessions.changes++;
    },
    open(root) {
      if (heard !== sessions.changes) {
        heard = sessions.changes;
        replaced.push(...opened.values());
        opened.clear();
      }
      const name = nameOf(root);
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening =
        'bucket' in root
          ? accessOf(root).then((access) => openBucket(root, access, sender))
          : openOnWeb(root, web, kept);
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
      if (access === null) sessions.access.delete(name);
      else sessions.access.set(name, { ...access, kept: 'session' });
      sessions.changes++;
    },
    ofInstance: (signIns) => storesWith(means, sessions, signIns),
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

function nameOf(root: PlaceRoot): string {
  return JSON.stringify([root.root, 'options' in root ? root.options : {}, root.fromRegistry === true]);
}

function openBucket(root: CloudRoot, access: StoreAccess, sender: SmallFileSender | undefined): Promise<ObjectStore> {
  return root.type === 's3' ? openS3Store(root, access, sender) : openGcsStore(root, access);
}

/** A server in a private network only where somebody here named it; what it leads to never is. */
async function openOnWeb(root: WebRoot, web: HfAccess, kept: KeptSignIns | null): Promise<ObjectStore> {
  if (root.type === 'hf') return openHfStore(root, web);
  const { origin } = new URL(root.root);
  const isChosen = root.fromRegistry !== true || (await kept?.isChosen(origin)) === true;
  return openHttpsStore(root, { mayBePrivate: (url) => isChosen && url.origin === origin, ...web });
}

type StoredRoot = Pick<StorageRow, 'root' | 'type' | 'options'>;

/** Null for what is no bucket. */
export function cloudRootOf(storage: StoredRoot): CloudRoot | null {
  const root = storage.type === 'local' ? null : parseCloudRoot(storage.root);
  if (root === null) return null;
  const options = storage.options === null ? {} : storeOptions.parse(JSON.parse(storage.options));
  return { ...root, options, fromRegistry: true };
}

/** Errors: `not_supported` for a storage that is a folder. */
export function storeOf({ stores }: { stores: Stores }, storage: StoredRoot): Promise<ObjectStore> {
  const { type, root: address } = storage;
  const root = type === 'https' || type === 'hf' ? { type, root: address, fromRegistry: true } : cloudRootOf(storage);
  if (root !== null) return stores.open(root);
  throw new BenchkeepError('not_supported', `${storage.root} is no bucket`, 'Choose a storage in a bucket.');
}
