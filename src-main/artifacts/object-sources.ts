/** What a person wants registered where it is in a store: an object, or all objects below a name. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import {
  OWN_FOLDER,
  parseObjectAddress,
  splitVersion,
  storageOfAddress,
  storeOf,
  type ObjectAddress,
  type ObjectFacts,
  type ObjectStore,
} from '../storage/index.ts';

export interface ObjectSource {
  /** As it was given, for people; without how its store is reached. */
  shown: string;
  storage: StorageRow;
  store: ObjectStore;
  /** Below the storage's root, without a slash at its end. */
  key: string;
  /** Null for a folder. */
  facts: ObjectFacts | null;
}

export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

/**
 * Its bucket becomes a linked storage where no storage has it. Errors: `invalid_argument`, `file_not_found`, `refused`
 * (a whole storage, Benchkeep's own objects), those of the store.
 */
export async function findObject(
  context: InstanceContext,
  text: string,
  warn: (warning: string) => void,
  signal: AbortSignal,
): Promise<ObjectSource> {
  const address = parseObjectAddress(text);
  if (address === null) {
    throw new BenchkeepError(
      'invalid_argument',
      `${escapeForDisplay(text.replace(/\?.*$/s, ''))} is no address that Benchkeep knows`,
      'Give a path, or an address that begins with s3://, gs://, https:// or hf://.',
    );
  }
  const shown = shownAddress(address);
  const { storage, key } = await storageOfAddress(context, address);
  if (key === '') {
    throw new BenchkeepError(
      'refused',
      `${shown} is a whole storage`,
      'Save the objects and folders in it. See them with: benchkeep storage tree.',
    );
  }
  if (storage.managed === 1 && key.split('/')[0] === OWN_FOLDER) {
    throw new BenchkeepError(
      'refused',
      `${shown} is an object that Benchkeep keeps`,
      'It is registered already: find it with benchkeep list.',
    );
  }
  if (splitVersion(storage.type, key).version !== null) {
    throw new BenchkeepError(
      'not_supported',
      `${shown} names an older version of an object`,
      'Only what is there now can be registered. Leave the version out, or give the object another name.',
    );
  }
  const store = await storeOf(context, storage);
  const facts = address.isFolder ? null : await store.stat(key, { signal });
  const isFolder = storage.type !== 'https' && (await hasMembers(store, key, signal));
  if (facts !== null && isFolder)
    warn(`${shown} is an object and a folder: the object was saved. The folder is ${shown}/ with a slash at its end.`);
  if (facts === null && !isFolder) throw notThere(address, shown);
  if (facts === null) await refuseAround(context, storage, `${storage.root}/${key}`);
  return { shown, storage, store, key, facts };
}

export function shownAddress({ place, key, isFolder }: ObjectAddress): string {
  return escapeForDisplay(`${place.root}${key === '' ? '' : `/${key}`}${isFolder ? '/' : ''}`);
}

async function hasMembers(store: ObjectStore, key: string, signal: AbortSignal): Promise<boolean> {
  for await (const _ of store.list(`${key}/`, { signal })) return true;
  return false;
}

function notThere({ isFolder, place }: ObjectAddress, shown: string): BenchkeepError {
  if (isFolder && place.type === 'https') {
    return new BenchkeepError(
      'not_supported',
      `${shown} is a folder of a web server, which tells nobody what is in it`,
      'Save its files one by one.',
    );
  }
  return new BenchkeepError(
    'file_not_found',
    `There is no ${shown}`,
    `Look at what is there: benchkeep storage tree ${place.root}`,
  );
}

/** A folder with a storage in it would be registered twice. */
async function refuseAround({ registry }: InstanceContext, { type }: StorageRow, folder: string): Promise<void> {
  const rows = await registry.db.selectFrom('storage').select('root').where('type', '=', type).execute();
  const inner = rows.find(({ root }) => root === folder || root.startsWith(`${folder}/`));
  if (inner === undefined) return;
  throw new BenchkeepError(
    'refused',
    `${escapeForDisplay(folder)} has the storage ${inner.root} in it`,
    'Save the folders beside it one by one.',
  );
}
