/** `save s3://bucket/folder`: all objects below a name are one artifact, with a manifest like a folder on disk. */
import { createHash } from 'node:crypto';
import { HASH_TYPES } from '../../shared/hash-encoding.ts';
import type { InstanceContext } from '../instance/index.ts';
import { giveWay } from '../ports/give-way.ts';
import { writeGzipLines } from '../ports/fs/gzip-lines.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { collectFolderHash } from '../storage/objects/collect-folder-hash.ts';
import {
  manifestFolder,
  manifestLine,
  manifestPath,
  readManifest,
  type ManifestEntry,
} from '../storage/folder-manifest.ts';
import { gatherRegistration } from './gather-registration.ts';
import { hashOfObject, markOfObject } from '../storage/objects/object-hash.ts';
import { objectMembers, rawKey } from '../storage/objects/object-members.ts';
import type { ObjectSource } from './object-sources.ts';
import type { SaveDetails, SaveTools } from './save-details.ts';
import { recordObject, type ObjectContent } from './save-objects.ts';

/** Id of its artifact. Errors: `empty_folder`, `invalid_key` for a name in it that could be none of a file. */
export async function recordObjectFolder(
  context: InstanceContext,
  source: ObjectSource,
  key: string | null,
  details: SaveDetails,
  { signal }: SaveTools,
): Promise<number> {
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  try {
    const content = await listFolder(source, signal, (entry) => manifest.write(manifestLine(entry)));
    const made = await manifest.end();
    const known = await manifestOf(context, source);
    const isOther = known !== null && !(await sameNames(known, made));
    const { id, uid, isKnown } = await recordObject(context, source, content, { key, details, signal, isOther });
    // Of what was read meanwhile the manifest that is there says more.
    if (!isKnown || known === null) await manifest.finish(manifestPath(context, uid));
    return id;
  } finally {
    await manifest.discard();
  }
}

/** By what the store says of each member; none is read. */
async function listFolder(
  { store, key, shown }: ObjectSource,
  signal: AbortSignal,
  onEntry: (entry: ManifestEntry) => Promise<void>,
): Promise<Required<ObjectContent>> {
  const hash = collectFolderHash();
  const whole = createHash('sha256');
  let [size, nFiles, isRead] = [0, 0, true];
  for await (const { path, facts } of objectMembers(store, { folder: key, shown: shown.replace(/\/$/, '') }, signal)) {
    const entry = { path, size: facts.size, sha256: markOfObject(store.kind, facts) };
    hash.add(hashOfObject(store.kind, facts).hash);
    whole.update(manifestLine(entry), 'latin1');
    size += facts.size;
    nFiles += 1;
    isRead &&= facts.checksums.sha256 !== undefined;
    await onEntry(entry);
  }
  // Where each member's SHA-256 is known, the folder's is.
  const sha256 = isRead ? whole.digest('hex') : null;
  return { hash: await hash.end(), hashType: HASH_TYPES.folder, size, nFiles, sha256 };
}

/** Of what is registered at the folder's address; null where nothing is, or where this computer has no manifest of it. */
async function manifestOf(context: InstanceContext, { storage, key }: ObjectSource): Promise<RawPath | null> {
  const path = rawKey(key);
  const { known } = await gatherRegistration(context.registry.db, storage.id, [path]);
  const uid = known.get(path)?.artifact.uid;
  if (uid === undefined) return null;
  const manifest = manifestPath(context, uid);
  return (await context.fs.look(manifest)) === null ? null : manifest;
}

/** LaminDB's hash of a folder knows no names: the manifests tell whether something in it was renamed. */
async function sameNames(a: RawPath, b: RawPath): Promise<boolean> {
  const turn = giveWay();
  const [left, right] = [readManifest(a), readManifest(b)];
  try {
    for (;;) {
      const [one, other] = [await left.next(), await right.next()];
      if (one.done === true || other.done === true) return one.done === other.done;
      if (one.value.path !== other.value.path || one.value.size !== other.value.size) return false;
      await turn();
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}
