export { keptSignIns, keptSignInsIn } from './kept-sign-ins.ts';
export type { Keychain } from './keychain.ts';
export { withConditions } from './probe-conditions.ts';
export { partBuffers, type PartBuffers } from './part-buffers.ts';
export { signInStorage, signOutStorage, writeChosen, type SignInContext } from './sign-in-storage.ts';
export { storagesOfComputer } from './storages-of-computer.ts';
export { testStorage, type TestStorageContext } from './test-storage.ts';
export { openStores, storeOf, cloudRootOf, type Stores } from './stores.ts';
export {
  objectOfCopy,
  parseObjectAddress,
  splitVersion,
  versionedKey,
  type ObjectAddress,
} from './objects/object-address.ts';
export { objectSlices, readObject } from './objects/read-object.ts';
export { hashOfObject, judgeObject, markOfObject } from './objects/object-hash.ts';
export { storageOfAddress, type StoragePlace } from './storage-of-address.ts';
export { wordsForObject, wordsOfObject } from './objects/object-words.ts';
export {
  endpointOf,
  parseCloudRoot,
  storeOptions,
  type CloudRoot,
  type StoreOptions,
} from './objects/store-options.ts';
export type {
  ContentSource,
  MadeObject,
  ObjectFacts,
  ObjectStore,
  Part,
  PutOptions,
  ReceivedPart,
  SmallFile,
  SmallFiles,
  StoreChecksums,
} from './objects/object-store.ts';
export { readObjectMarker, removeObjectMarker, writeObjectMarker } from './object-marker.ts';
export { addStorage } from './add-storage.ts';
export { assertOurs, assertWritable, offline } from './assert-writable.ts';
export { currentLocalStorage } from './current-local-storage.ts';
export { editStorage } from './edit-storage.ts';
export { findStorage } from './find-storage.ts';
export { insertCloudStorage, insertStorage } from './insert-storage.ts';
export { listStorages } from './list-storages.ts';
export { localRoot, OWN_FOLDER, ownFolderOf } from './local-root.ts';
export { setLocalStorage } from './set-local-storage.ts';
export { markerPath, readMarker, removeMarker, writeMarker, type Marker } from './marker.ts';
export { isNetworkRoot, isNetworkType } from './network-file-system.ts';
export { prepareRoot, refuseUnwritable } from './prepare-root.ts';
export { FILES_FOLDER, refuseRoot, type RootSurroundings } from './refuse-root.ts';
export { requireSpace } from './require-space.ts';
export { removeStorage } from './remove-storage.ts';
export { rememberDetached, rememberRoot } from './remember-root.ts';
export { checkRoot, type RootContext, type RootState } from './root-identity.ts';
export type { StorageContext, StorageReadContext } from './storage-context.ts';
export { storageOfPath } from './storage-of-path.ts';
export { storageRecords } from './storage-records.ts';
export { storageTree } from './storage-tree.ts';
export { targetStorage } from './target-storage.ts';
export { useStorage } from './use-storage.ts';
export { bucketPlace } from './published/bucket-place.ts';
export { folderPlace } from './published/folder-place.ts';
export { type LeaseHolder, type PlaceState, type PublishedNote } from './published/place-state.ts';
export {
  BESIDE_FOLDER,
  LEASE_FOLDER,
  SNAPSHOT_NAME,
  type PublishedPlace,
  type SnapshotFile,
} from './published/published-place.ts';
