/**
 * Makes the records of what Benchkeep keeps in a managed storage anew, where nothing else is left of a registry
 * (`faults.md`, F-AP09): from the names below `.lamindb/`, and from what was kept with each object in a bucket.
 */
import { checkKey } from '../../shared/keys.ts';
import { encodeHash, FAST_HASH_LIMIT, HASH_TYPES } from '../../shared/hash-encoding.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { stemOf } from '../../shared/uid.ts';
import { joinRaw, rawFromText, rawToBytes, rawToText, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import { closeRegistry, openRegistry } from '../registry/open-registry.ts';
import { OWN_FOLDER, ownFolderOf, wordsOfObject, type ObjectStore } from '../storage/index.ts';
import { hashesOf } from './hash-content.ts';
import { folderInPlace, folderInStore } from './rebuild-folders.ts';
import type { Workbench } from './workbench.ts';

/** An object's requests at once, and records of one transaction. */
const PARALLEL = 8;
const BATCH = 250;

interface FoundContent {
  uid: string;
  /** Below the root. */
  path: RawPath;
  suffix: string;
  size: number;
  /** Of a folder; null for a file. */
  nFiles: number | null;
  key: string | null;
  hash: string | null;
  hashType: string | null;
  sha256: string | null;
  /** Its bytes were read just now. */
  isRead: boolean;
}

/** How many. `registry`: a new one with the storage in it, which nobody else uses. */
export async function rebuildRecords(
  { fs, clock }: Pick<Workbench, 'fs' | 'clock'>,
  { registry: path, storageUid, place }: { registry: RawPath; storageUid: string; place: RawPath | ObjectStore },
): Promise<number> {
  const found = typeof place === 'string' ? await inFolder(fs, place) : await inStore(place);
  if (found.length === 0) return 0;
  const newest = new Map<string, string>();
  for (const { uid } of found) {
    const stem = stemOf(uid);
    if ((newest.get(stem) ?? '') < uid) newest.set(stem, uid);
  }
  const registry = await openRegistry(path, { readonly: false });
  try {
    const { id } = await registry.db
      .selectFrom('storage')
      .select('id')
      .where('uid', '=', storageUid)
      .executeTakeFirstOrThrow();
    const { id: userId } = await registry.db.selectFrom('user').select('id').executeTakeFirstOrThrow();
    const context = { registry, clock, onCommitted: () => undefined };
    for (let at = 0; at < found.length; at += BATCH) {
      await writeRegistry(context, { userId, runId: null }, 'rebuild', (write) => {
        for (const one of found.slice(at, at + BATCH))
          insertFound(write, one, id, newest.get(stemOf(one.uid)) === one.uid);
      });
    }
    return found.length;
  } finally {
    await closeRegistry(registry);
  }
}

/** What was read just now is known; what only somebody's words say is not believed before it is read. */
function insertFound(write: RegistryWrite, one: FoundContent, storageId: number, isLatest: boolean): void {
  const { isRead } = one;
  const [id = 0] = write.insert('artifact', [
    {
      uid: one.uid,
      stem_uid: stemOf(one.uid),
      key: one.key,
      description: one.key === null ? 'Found in its storage after the registry was lost' : null,
      suffix: one.suffix,
      size: one.size,
      hash: one.hash,
      hash_type: one.hashType,
      sha256: one.sha256,
      n_files: one.nFiles,
      visibility: 1,
      is_latest: isLatest ? 1 : 0,
      key_is_virtual: 1,
      storage_id: storageId,
      state: isRead ? 'ok' : 'unverified',
      state_reason: isRead
        ? null
        : 'Its record was made anew from its storage. Its bytes are compared by: benchkeep verify',
      run_id: null,
      created_by_id: write.author.userId,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  const copy = { artifact_id: id, storage_id: storageId, path: rawToBytes(one.path), created_at: write.now };
  write.insert('copy', [{ ...copy, verified_at: isRead ? write.now : null }], [one.uid]);
}

/** `<uid><suffix>`, and nothing else that may lie there. */
function nameParts(name: string): { uid: string; suffix: string } | null {
  const { uid, suffix } = /^(?<uid>[0-9A-Za-z]{20})(?<suffix>\..*)?$/.exec(name)?.groups ?? {};
  if (uid === undefined) return null;
  const known = suffix === undefined ? '' : suffixOf(`a${suffix}`).suffix;
  return known === (suffix ?? '') ? { uid, suffix: known } : null;
}

async function inStore(store: ObjectStore): Promise<FoundContent[]> {
  const named: { key: string; uid: string; suffix: string }[] = [];
  /** By uid. Without its manifest, which is put last, a folder is not there. */
  const folders = new Map<string, { key: string; suffix: string }>();
  const manifests: string[] = [];
  for await (const { key } of store.list(`${OWN_FOLDER}/`)) {
    const [name = '', ...below] = key.slice(OWN_FOLDER.length + 1).split('/');
    const manifest = name === 'manifests' ? /^([0-9A-Za-z]{20})\.tsv\.gz$/.exec(below.join('/'))?.[1] : undefined;
    if (manifest !== undefined) manifests.push(manifest);
    const parts = nameParts(name);
    if (parts === null) continue;
    if (below.length === 0) named.push({ key, ...parts });
    else folders.set(parts.uid, { key: `${OWN_FOLDER}/${name}`, suffix: parts.suffix });
  }
  const found: FoundContent[] = [];
  const left = named.values();
  const worker = async (): Promise<void> => {
    for (const { key, uid, suffix } of left) {
      const facts = await store.stat(key);
      if (facts === null) continue;
      const words = wordsOfObject(facts.metadata);
      const own = words?.uid === uid ? words : null;
      const { md5 } = facts.checksums;
      const byStore = md5 !== undefined && facts.size <= FAST_HASH_LIMIT ? encodeHash(Buffer.from(md5, 'hex')) : null;
      found.push({
        uid,
        suffix,
        path: rawFromText(key),
        size: facts.size,
        nFiles: null,
        key: allowed(own?.key ?? null),
        hash: byStore ?? own?.hash ?? null,
        hashType: byStore === null ? (own?.hashType ?? null) : HASH_TYPES.whole,
        sha256: own?.sha256 ?? null,
        isRead: false,
      });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const uid of manifests) {
    const place = folders.get(uid);
    const content = place === undefined ? null : await folderInStore(store, uid);
    if (place === undefined || content === null) continue;
    const { key: named, ...rest } = content;
    found.push({
      uid,
      suffix: place.suffix,
      path: rawFromText(place.key),
      key: allowed(named),
      isRead: false,
      ...rest,
    });
  }
  return found.sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

/** A name in a bucket is what anybody may have put there (S-21). */
function allowed(key: string | null): string | null {
  try {
    return key === null ? null : checkKey(key);
  } catch {
    return null;
  }
}

async function inFolder(fs: Workbench['fs'], root: RawPath): Promise<FoundContent[]> {
  const own = ownFolderOf(root);
  if ((await fs.look(own))?.kind !== 'folder') return [];
  const found: FoundContent[] = [];
  for (const { name, kind } of await fs.readFolder(own)) {
    const parts = nameParts(rawToText(name) ?? '');
    const facts = parts === null ? null : await fs.look(joinRaw(own, name));
    if (parts === null || facts === null) continue;
    const path = joinRaw(OWN_FOLDER, name);
    if (kind === 'folder') {
      const content = await folderInPlace(fs, joinRaw(own, name));
      if (content !== null) found.push({ ...parts, path, key: null, isRead: true, ...content });
    } else if (kind === 'file') {
      const hashes = await hashesOf(fs, joinRaw(own, name), facts.size);
      found.push({ ...parts, path, size: facts.size, nFiles: null, key: null, isRead: true, ...hashes });
    }
  }
  return found.sort((a, b) => (a.uid < b.uid ? -1 : 1));
}
