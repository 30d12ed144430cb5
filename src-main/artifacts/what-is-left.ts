/** How much of an artifact's content a store still has, by what it lists. */
import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { splitVersion, storeOf } from '../storage/index.ts';
import { collectFolderHash } from '../storage/objects/collect-folder-hash.ts';
import { hashOfObject } from '../storage/objects/object-hash.ts';
import { objectMembers } from '../storage/objects/object-members.ts';
import { manifestKey, manifestOf } from '../transfers/index.ts';
import { ownMembers } from './folder-objects.ts';
import type { DeletionObject } from './plan-deletion.ts';

/**
 * All of it: the object is there, or each member of the folder in its size, and its list; what they hold is not compared.
 * Errors: those of the store.
 */
export async function whatIsLeft(
  context: Pick<InstanceContext, 'stores' | 'fs' | 'folder'>,
  artifact: ArtifactRow,
  { storage, key: path, isOwn, address }: DeletionObject,
  signal: AbortSignal,
): Promise<'all' | 'part' | 'none'> {
  const store = await storeOf(context, storage);
  const { key, version } = splitVersion(storage.type, path);
  if (artifact.n_files === null) return (await store.stat(key, { version, signal })) === null ? 'none' : 'all';
  let n = 0;
  if (!isOwn) {
    const hash = collectFolderHash();
    for await (const { facts } of objectMembers(store, { folder: key, shown: address }, signal)) {
      hash.add(hashOfObject(store.kind, facts).hash);
      n += 1;
    }
    if (n === 0) return 'none';
    return (await hash.end()) === artifact.hash ? 'all' : 'part';
  }
  const manifest = await manifestOf(context, store, artifact, signal);
  if (manifest === null) {
    for await (const _ of store.list(`${key}/`, { signal })) return 'part';
    return 'none';
  }
  let areRight = true;
  for await (const { size, recordedSize } of ownMembers(store, { key, manifest }, ignore, signal)) {
    n += 1;
    areRight &&= size === recordedSize;
  }
  if (n === 0) return 'none';
  // Without its list in the store nobody takes it for the folder.
  const isListed = (await store.stat(manifestKey(artifact.uid), { signal })) !== null;
  return isListed && areRight && n === artifact.n_files ? 'all' : 'part';
}

function ignore(): void {
  // Other people's objects are none of its members.
}
