/**
 * Objects go before their records: a bucket may refuse (no right to delete, a lock, a time for which it keeps
 * everything), and then the record stays with what it names (`faults.md`, F-TR06).
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { splitVersion, storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { manifestKey, manifestOf } from '../transfers/index.ts';
import { foreignBelow, memberLeft, ownMembers } from './folder-objects.ts';
import { collectFolderHash } from '../storage/objects/collect-folder-hash.ts';
import { hashOfObject } from '../storage/objects/object-hash.ts';
import { objectMembers } from '../storage/objects/object-members.ts';
import type { DeletionObject } from './plan-deletion.ts';

/** Requests at once. */
const PARALLEL = 8;

export interface DoomedObject {
  place: DeletionObject;
  isFolder: boolean;
  store: ObjectStore;
  /** What was looked at and goes; of a folder that Benchkeep sent there: nothing here, see `own`. */
  objects: ObjectFacts[];
  own: OwnFolder | null;
}

/** Of a folder that Benchkeep sent there: each member that its list names goes, and then the list. */
interface OwnFolder {
  /** Null where nobody has the list, and nothing is there. */
  manifest: RawPath | null;
  last: ObjectFacts | null;
}

/** Looks at it once more. Errors: `file_changed` where it is not what the record names. */
export async function proveObject(
  context: Pick<InstanceContext, 'stores' | 'fs' | 'folder'>,
  artifact: ArtifactRow,
  place: DeletionObject,
): Promise<DoomedObject> {
  const store = await storeOf(context, place.storage);
  const isFolder = artifact.n_files !== null;
  const { key, version } = splitVersion(place.storage.type, place.key);
  const objects: ObjectFacts[] = [];
  if (!isFolder) {
    const facts = await store.stat(key, { version });
    if (facts !== null) objects.push(facts);
    // Benchkeep's own has a name that nobody else's has.
    const isIt = facts === null || place.isOwn || isContent(store, artifact, facts);
    if (!isIt) throw changed(place.address);
    return { place, isFolder, store, objects, own: null };
  }
  if (place.isOwn) return { place, isFolder, store, objects, own: await ownFolder(context, store, artifact, place) };
  const hash = collectFolderHash();
  const where = { folder: key, shown: place.address };
  for await (const { facts } of objectMembers(store, where, new AbortController().signal)) {
    objects.push(facts);
    hash.add(hashOfObject(store.kind, facts).hash);
  }
  if (objects.length > 0 && (await hash.end()) !== artifact.hash) throw changed(place.address);
  return { place, isFolder, store, objects, own: null };
}

/** Exactly what its list names. Error: `file_not_found` where there is no list, here or beside it. */
async function ownFolder(
  context: Pick<InstanceContext, 'fs' | 'folder'>,
  store: ObjectStore,
  artifact: ArtifactRow,
  { key, address }: DeletionObject,
): Promise<OwnFolder> {
  const { signal } = new AbortController();
  const manifest = await manifestOf(context, store, artifact, signal);
  if (manifest === null) for await (const _ of store.list(`${key}/`)) throw listless(address);
  return { manifest, last: await store.stat(manifestKey(artifact.uid)) };
}

function listless(address: string): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `Nobody can say which objects in ${address} are the folder's: its list is neither here nor in the store`,
    'Nothing was deleted. Delete the record only (--storage no), and the objects with the tools of the store.',
  );
}

function isContent(store: ObjectStore, { size, hash, hash_type: type }: ArtifactRow, facts: ObjectFacts): boolean {
  const now = hashOfObject(store.kind, facts);
  return facts.size === size && now.hash === hash && now.hashType === type;
}

function changed(address: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${address} has other content than what was registered`,
    'Nothing was deleted. Save it again, which makes a version of what is there now, or delete the record only (--storage no).',
  );
}

export interface RemovedObjects {
  removed: string[];
  /** What stays though its record goes: earlier versions of what was deleted. */
  remains: string[];
  /** Why it could not be deleted; null where it was. */
  reason: string | null;
  /** Of the content, now; `unknown` where the store did not say what became of the only object. */
  left: 'all' | 'part' | 'none' | 'unknown';
}

/** By version where the store has versions: else they would only be hidden. Ends at the first that is refused. */
export async function removeObjects(doomed: DoomedObject): Promise<RemovedObjects> {
  const { place, store, objects, isFolder, own } = doomed;
  const strangers = foreignBelow(place);
  const manifest = own?.manifest ?? null;
  const doomedOnes: AsyncIterable<ObjectFacts> | Iterable<ObjectFacts> =
    manifest === null ? objects.values() : ownMembers(store, { key: place.key, manifest }, strangers.add);
  const { gone, unclear, reason: refused } = await removeAll(store, doomedOnes, { isOwn: own !== null });
  let reason = refused;
  // One list instead of a question for each member.
  if (reason === null && manifest !== null) reason = await whyLeft(store, { key: place.key, manifest });
  const isEmptied = reason === null;
  if (reason === null && own !== null && own.last !== null)
    ({ reason } = await removeOne(store, own.last, { isOwn: false }));
  if (reason !== null) {
    const left = isEmptied ? 'none' : gone > 0 ? 'part' : unclear > 0 ? 'unknown' : 'all';
    return { removed: [], remains: [], reason, left };
  }
  const removed = gone === 0 ? [] : [place.address];
  const [only] = objects;
  const others = isFolder || only === undefined ? 0 : await countVersions(store, only.key);
  const earlier = `${String(others)} earlier version${others === 1 ? '' : 's'} of it remain${others === 1 ? 's' : ''} here: ${place.address}`;
  const foreign = await strangers.told(store);
  return { removed, remains: others === 0 ? foreign : [earlier, ...foreign], reason, left: 'none' };
}

/** Several at once. Each of them is gone, refused, or nobody knows (`unclear`). */
async function removeAll(
  store: ObjectStore,
  objects: AsyncIterable<ObjectFacts> | Iterable<ObjectFacts>,
  how: { isOwn: boolean },
): Promise<{ gone: number; unclear: number; reason: string | null }> {
  let gone = 0;
  let unclear = 0;
  let reason: string | null = null;
  const worker = async (): Promise<void> => {
    try {
      for await (const facts of objects) {
        if (reason !== null) return;
        const one = await removeOne(store, facts, how);
        if (one.isGone === true) gone += 1;
        else if (one.isGone === null) unclear += 1;
        reason ??= one.reason;
      }
    } catch (error) {
      reason ??= whyNot(error);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { gone, unclear, reason };
}

async function whyLeft(store: ObjectStore, folder: { key: string; manifest: RawPath }): Promise<string | null> {
  try {
    return (await memberLeft(store, folder)) === null ? null : NOT_DELETED;
  } catch (error) {
    return whyNot(error);
  }
}

const NOT_DELETED = 'The store did not delete it.';

/** What the store says for good: nothing was deleted. */
const REFUSALS: ReadonlySet<string> = new Set(['not_allowed', 'not_signed_in', 'bucket_not_found', 'refused']);

/** `isGone` null: nobody knows. `isOwn`: a member that was just listed; whether it went is asked for all together. */
async function removeOne(
  store: ObjectStore,
  { key, version, etag }: ObjectFacts,
  { isOwn }: { isOwn: boolean },
): Promise<{ isGone: boolean | null; reason: string | null }> {
  let isAsked = false;
  try {
    let of = version;
    if (!isOwn || version === null) {
      // Lists do not tell versions.
      const facts = version === null ? await store.stat(key) : await store.stat(key, { version });
      if (facts === null) return { isGone: true, reason: null };
      if (facts.etag !== etag) return { isGone: false, reason: `${key} was replaced meanwhile.` };
      of = facts.version;
    }
    isAsked = true;
    await store.delete(key, { version: of });
    if (isOwn || (await store.stat(key, { version: of })) === null) return { isGone: true, reason: null };
    return { isGone: false, reason: NOT_DELETED };
  } catch (error) {
    const reason = whyNot(error);
    return { isGone: isAsked && !REFUSALS.has((error as BenchkeepError).code) ? null : false, reason };
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof BenchkeepError)) throw error;
  const kept = error.code === 'not_allowed' ? ', or its bucket keeps it for a set time' : '';
  return `${error.message}${kept}. ${error.remedy}`;
}

async function countVersions(store: ObjectStore, key: string): Promise<number> {
  let n = 0;
  if (store.versions === undefined) return n;
  try {
    for await (const _ of store.versions(key)) n += 1;
  } catch (error) {
    // Not everybody who may delete may see them.
    if (!(error instanceof BenchkeepError)) throw error;
  }
  return n;
}
