/** `save s3://…`: registers an object or a folder of a store where it is. Nothing is copied, and no object is read. */
import { BenchkeepError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { versionedKey, type ObjectStore } from '../storage/index.ts';
import { sayLastCopy } from '../transfers/index.ts';
import { gatherRegistration } from './gather-registration.ts';
import { hashOfObject } from '../storage/objects/object-hash.ts';
import { rawKey } from '../storage/objects/object-members.ts';
import type { ObjectSource } from './object-sources.ts';
import { planRegistration } from './plan-registration.ts';
import { describeSaved, type SaveDetails, type SaveTools } from './save-details.ts';
import { keyInStorage, refuseOtherFamily, renameSaved } from './save-files-in-place.ts';
import { recordObjectFolder } from './save-object-folder.ts';
import { writeRegistration, type Written } from './write-registration.ts';

/** What the store says of an object, or of all that is in a folder. */
export interface ObjectContent {
  size: number;
  hash: string;
  hashType: string;
  /** Where the store made one itself. */
  sha256: string | null;
  nFiles?: number;
}

/** Id of its artifact; of one that was there, where it is unchanged. Errors: `invalid_key`, `empty_folder`, `refused`. */
export async function saveObject(
  context: InstanceContext,
  source: ObjectSource,
  details: SaveDetails,
  tools: SaveTools,
): Promise<number> {
  const { facts, store } = source;
  const key = nameFor(source, details);
  if (facts === null) return recordObjectFolder(context, source, key, details, tools);
  const { hash, hashType } = hashOfObject(store.kind, facts);
  if (hashType === 'md5-date' || hashType === 'md5-etag')
    tools.warn(
      `${source.shown}: its store tells no checksum, so a change is noticed only by the mark or the date that the store gives it.`,
    );
  const content = { size: facts.size, hash, hashType, sha256: facts.checksums.sha256 ?? null };
  const { id } = await recordObject(context, source, content, { key, details, signal: tools.signal });
  return id;
}

/** Under which name it is in the registry: null for its path, which must be one that is allowed. */
function nameFor({ key, facts, shown, storage }: ObjectSource, details: SaveDetails): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1);
  // Dots in the name of a folder are no ending, except for formats that are folders.
  if (details.key !== null)
    return checkKey(details.key, facts === null && suffixOf(name).suffix === '' ? 'folder' : withoutQuery(name));
  const path = storage.type === 'https' ? decoded(key) : key;
  try {
    checkKey(path);
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    throw new BenchkeepError(
      'invalid_key',
      `${shown}: ${error.message}`,
      'Give it a name in the registry with --key NAME.',
    );
  }
  return path === key ? null : path;
}

function withoutQuery(text: string): string {
  return text.replace(/\?.*$/s, '');
}

/** Addresses of web servers are written with percent signs; names in the registry are not. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(withoutQuery(key));
  } catch {
    return withoutQuery(key);
  }
}

export interface ObjectRecord {
  key: string | null;
  details: SaveDetails;
  signal: AbortSignal;
  /** Other names than before, though its hash is the same. */
  isOther?: boolean;
}

/** Its artifact. What was under its address before stays an older version: with its content, where the store keeps it. */
export async function recordObject(
  context: InstanceContext,
  source: ObjectSource,
  content: ObjectContent,
  { key, details, signal, isOther = false }: ObjectRecord,
): Promise<Written & { isKnown: boolean }> {
  const { storage, store, shown } = source;
  const path = rawKey(source.key);
  const place = { storage, relative: path };
  const { revises } = details;
  if (revises !== null) await refuseOtherFamily(context, { place, shown }, revises);
  const family = revises ?? (key === null ? null : await keyInStorage(context, place, key));
  const before = (await gatherRegistration(context.registry.db, storage.id, [path])).known.get(path) ?? null;
  const isFolder = content.nFiles !== undefined;
  const plan = planOf(content, before?.artifact ?? null, isOther);
  const kept =
    plan.kind === 'version' && before !== null && !isFolder
      ? await olderVersion(store, source.key, before.artifact, signal)
      : null;
  const written = await writeRegistry(context, details.author, 'save', async (write) => {
    const { known, tombstones } = await gatherRegistration(write.tx, storage.id, [path]);
    const now = known.get(path) ?? null;
    const file = {
      path,
      ...content,
      key,
      family,
      known: now,
      tombstone: tombstones.get(path) ?? null,
      plan: planOf(content, now?.artifact ?? null, isOther),
      suffix: suffixOf(withoutQuery(source.key)).suffix,
      stateReason: content.sha256 === null ? NOT_READ : null,
      ...(kept !== null && now?.artifact.id === before?.artifact.id
        ? { keptAs: rawKey(versionedKey(storage.type, source.key, kept)) }
        : {}),
    };
    const [written = { id: 0, uid: '' }] = await writeRegistration(write, storage, [file], context.random);
    if (file.plan.kind === 'known' && now?.artifact.state === 'missing') {
      const state = now.artifact.sha256 === null ? 'unverified' : 'ok';
      await write.update('artifact', written.id, { state, state_reason: null, updated_at: write.now });
    }
    await renameSaved(write, written.id, key);
    await describeSaved(write, written.id, details);
    return { ...written, isKnown: file.plan.kind === 'known' || file.plan.kind === 'verified' };
  });
  // What was fetched of it before may be all that is left.
  if (before !== null && plan.kind === 'version') await sayLastCopy(context, before.artifact.uid);
  return written;
}

const NOT_READ =
  'It was registered where it is, by what its store says of it. Its bytes are read and compared by: benchkeep verify';

function planOf(
  content: ObjectContent,
  existing: ArtifactRow | null,
  isOther: boolean,
): ReturnType<typeof planRegistration> {
  if (isOther && existing !== null) return { kind: 'version' };
  // The way in which a hash was made is a part of it: 32 digits of one kind are not those of another.
  const same = existing === null || existing.hash_type === content.hashType;
  const { size, hash, sha256 } = content;
  return planRegistration({ size, hash: same ? hash : '', sha256, existing, tombstone: null });
}

/** The version that holds what the record is of, where the store keeps versions and has it; else null. */
async function olderVersion(
  store: ObjectStore,
  key: string,
  { size, hash, hash_type: hashType }: ArtifactRow,
  signal: AbortSignal,
): Promise<string | null> {
  if (store.versions === undefined) return null;
  try {
    for await (const facts of store.versions(key, { signal })) {
      const found = hashOfObject(store.kind, facts);
      if (facts.version !== null && facts.size === size && found.hash === hash && found.hashType === hashType)
        return facts.version;
    }
  } catch (error) {
    // Not everybody who may read objects may see what they were.
    if (!(error instanceof BenchkeepError) || error.code !== 'not_allowed') throw error;
  }
  return null;
}
