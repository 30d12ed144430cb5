/**
 * Objects go before their records: a bucket may refuse (no right to delete, a lock, a time for which it keeps
 * everything), and then the record stays with what it names (`faults.md`, F-TR06).
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { readManifest } from '../storage/folder-manifest.ts';
import { splitVersion, storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { manifestKey, manifestOf, memberKey } from '../transfers/index.ts';
import { collectFolderHash } from '../storage/objects/collect-folder-hash.ts';
import { hashOfObject } from '../storage/objects/object-hash.ts';
import { objectMembers } from '../storage/objects/object-members.ts';
import type { PendingRemoval } from './pending-removals.ts';
import type { DeletionObject } from './plan-deletion.ts';

/** Requests at once. */
const PARALLEL = 8;

export interface DoomedObject {
  place: DeletionObject;
  isFolder: boolean;
  store: ObjectStore;
  /** What is there and goes; of a folder each member. */
  objects: ObjectFacts[];
  /** Of a folder that Benchkeep sent there: its list, which goes when the members are gone. */
  last: ObjectFacts | null;
  /** Of others, below the folder. */
  foreign: string[];
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
    return { place, isFolder, store, objects, last: null, foreign: [] };
  }
  if (place.isOwn) return { place, isFolder, store, ...(await ownFolder(context, store, artifact, place)) };
  const hash = collectFolderHash();
  const where = { folder: key, shown: place.address };
  for await (const { facts } of objectMembers(store, where, new AbortController().signal)) {
    objects.push(facts);
    hash.add(hashOfObject(store.kind, facts).hash);
  }
  if (objects.length > 0 && (await hash.end()) !== artifact.hash) throw changed(place.address);
  return { place, isFolder, store, objects, last: null, foreign: [] };
}

const MOST_FOREIGN = 20;

/** Exactly what its list names. Error: `file_not_found` where there is no list, here or beside it. */
async function ownFolder(
  context: Pick<InstanceContext, 'fs' | 'folder'>,
  store: ObjectStore,
  artifact: ArtifactRow,
  { key, address }: DeletionObject,
): Promise<Pick<DoomedObject, 'objects' | 'last' | 'foreign'>> {
  const { signal } = new AbortController();
  const manifest = await manifestOf(context, store, artifact, signal);
  const objects: ObjectFacts[] = [];
  const foreign: string[] = [];
  const listed = new Map<string, ObjectFacts>();
  for await (const facts of store.list(`${key}/`)) listed.set(facts.key, facts);
  if (manifest === null && listed.size > 0) throw listless(address);
  if (manifest !== null) {
    for await (const { path } of readManifest(manifest)) {
      const facts = listed.get(memberKey(key, path));
      if (facts === undefined) continue;
      objects.push(facts);
      listed.delete(facts.key);
    }
  }
  for (const left of [...listed.keys()].slice(0, MOST_FOREIGN))
    foreign.push(`not Benchkeep's own, it remains here: ${address}/${left.slice(key.length + 1)}`);
  if (listed.size > MOST_FOREIGN) foreign.push(`and ${String(listed.size - MOST_FOREIGN)} more in ${address}`);
  return { objects, last: await store.stat(manifestKey(artifact.uid)), foreign };
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
}

/** By version where the store has versions: else they would only be hidden. Ends at the first that is refused. */
export async function removeObjects(doomed: DoomedObject): Promise<RemovedObjects> {
  const { place, store, objects, isFolder, last, foreign } = doomed;
  const left = objects.values();
  let reason: string | null = null;
  const worker = async (): Promise<void> => {
    for (const facts of left) {
      if (reason !== null) return;
      reason = (await removeOne(store, facts)) ?? reason;
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, objects.length) }, worker));
  if (reason === null && last !== null) reason = await removeOne(store, last);
  if (reason !== null) return { removed: [], remains: [], reason };
  const removed = objects.length === 0 ? [] : [place.address];
  const [only] = objects;
  const others = isFolder || only === undefined ? 0 : await countVersions(store, only.key);
  const earlier = `${String(others)} earlier version${others === 1 ? '' : 's'} of it remain${others === 1 ? 's' : ''} here: ${place.address}`;
  return { removed, remains: others === 0 ? foreign : [earlier, ...foreign], reason };
}

async function removeOne(store: ObjectStore, { key, version, etag }: ObjectFacts): Promise<string | null> {
  try {
    // Lists do not tell versions.
    const facts = version === null ? await store.stat(key) : await store.stat(key, { version });
    if (facts === null) return null;
    if (facts.etag !== etag) return `${key} was replaced meanwhile.`;
    await store.delete(key, { version: facts.version });
    return (await store.stat(key, { version: facts.version })) === null ? null : 'The store did not delete it.';
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    const kept = error.code === 'not_allowed' ? ', or its bucket keeps it for a set time' : '';
    return `${error.message}${kept}. ${error.remedy}`;
  }
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

const MOST_NAMED = 5;

/** Others that need it: records of it, of what is in it, of a folder that it is in. For people, some of them. */
export async function objectSharers(
  { registry }: Pick<InstanceContext, 'registry'>,
  { storage, key }: DeletionObject,
  except: ReadonlySet<number>,
): Promise<string[]> {
  const mine = `${storage.root}/${key}`;
  const storages = await registry.db.selectFrom('storage').selectAll().where('type', '=', storage.type).execute();
  const named: string[] = [];
  for (const { id: storageId, root } of storages) {
    if (root === mine || root.startsWith(`${mine}/`)) named.push(`the storage ${root}`);
    if (!mine.startsWith(`${root}/`)) continue;
    const below = mine.slice(root.length + 1);
    const rows = await registry.db
      .selectFrom('copy')
      .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
      .select(['artifact.id', 'artifact.key', 'artifact.uid'])
      .where('copy.storage_id', '=', storageId)
      .where((where) =>
        where.or([
          where(
            'copy.path',
            'in',
            [below, ...foldersAbove(below)].map((path) => Buffer.from(path)),
          ),
          // `0` is what comes after `/`.
          where.and([
            where('copy.path', '>=', Buffer.from(`${below}/`)),
            where('copy.path', '<', Buffer.from(`${below}0`)),
          ]),
        ]),
      )
      .limit(MOST_NAMED + except.size)
      .execute();
    for (const row of rows) if (!except.has(row.id)) named.push(`"${escapeForDisplay(row.key ?? row.uid)}"`);
  }
  return named.slice(0, MOST_NAMED);
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** The program ended while it deleted: a record whose content is gone says so. */
export async function noteInterrupted(
  context: Pick<InstanceContext, 'registry' | 'stores' | 'clock' | 'author' | 'onCommitted' | 'fs' | 'folder'>,
  removal: PendingRemoval,
  storage: StorageRow,
): Promise<void> {
  const { db } = context.registry;
  const artifact = await db.selectFrom('artifact').selectAll().where('uid', '=', removal.uid).executeTakeFirst();
  if (artifact === undefined) return;
  const copies = await db
    .selectFrom('copy')
    .select(['id', 'storage_id', 'path'])
    .where('artifact_id', '=', artifact.id)
    .execute();
  const own = copies.find(({ storage_id: id, path }) => id === storage.id && rawFromBytes(path) === removal.path);
  if (own === undefined || copies.length > 1) return;
  const key = own.path.toString('utf8');
  const place = {
    storage,
    key,
    copy: own,
    address: `${storage.root}/${key}`,
    isOwn: true,
  } as unknown as DeletionObject;
  const { objects } = await proveObject(context, artifact, place);
  if (objects.length === (artifact.n_files ?? 1)) return;
  await writeRegistry(context, await context.author(), 'delete', async (write) => {
    write.note = 'The program ended while it was deleted.';
    const state = objects.length === 0 ? 'missing' : 'changed';
    const reason = 'Its content was deleted, and the program ended before its record was.';
    await write.update('artifact', artifact.id, { state, state_reason: reason, updated_at: write.now });
  });
}
