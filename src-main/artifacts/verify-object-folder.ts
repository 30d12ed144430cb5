/** Re-reads a folder of a store: each object against its line of the manifest, which then has its SHA-256. */
import { createHash } from 'node:crypto';
import type { InstanceContext } from '../instance/index.ts';
import { writeGzipLines } from '../ports/fs/gzip-lines.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { OWN_FOLDER, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { manifestOf } from '../transfers/index.ts';
import {
  manifestFolder,
  manifestLine,
  manifestPath,
  readManifest,
  type ManifestEntry,
} from '../storage/folder-manifest.ts';
import { markOfObject } from '../storage/objects/object-hash.ts';
import { objectMembers } from '../storage/objects/object-members.ts';
import { readObject, type ReadBytes } from '../storage/objects/read-object.ts';
import type { CopyToVerify, Finding, VerifyTools } from './verify-artifacts.ts';

/** Ends at the first member that differs. Without a manifest here, only the folder's own SHA-256 can be compared. */
export async function verifyObjectFolder(
  context: InstanceContext,
  store: ObjectStore,
  { artifact, storage, key, shown }: CopyToVerify & { key: string },
  tools: VerifyTools,
): Promise<Finding> {
  const path = manifestPath(context, artifact.uid);
  const isOwn = storage.managed === 1 && key.startsWith(`${OWN_FOLDER}/`);
  const known = await manifestOf(context, store, isOwn ? artifact : { uid: artifact.uid, sha256: null }, tools.signal);
  const recorded = known === null ? null : readManifest(known);
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  const whole = createHash('sha256');
  try {
    let [size, n, isRead] = [0, 0, known !== null];
    let line: IteratorResult<ManifestEntry, void> | undefined;
    for await (const member of objectMembers(store, { folder: key, shown }, tools.signal)) {
      // Below a folder of Benchkeep's own others may have put theirs: it is whole all the same.
      line ??= await recorded?.next();
      if (isOwn && line !== undefined && (line.done === true || line.value.path > member.path)) continue;
      const wrong = otherName(line, member.path);
      if (wrong !== null) return { kind: 'differs', reason: wrong };
      const read = await readObject(store, member.facts, tools);
      if (line?.done === false && !(await isSame(store, member.facts, line.value, read)))
        return {
          kind: 'differs',
          reason: `The bytes of ${rawToDisplay(member.path)} are not those that were recorded.`,
          file: member.path,
        };
      if (line?.done === false && isMark(line.value)) isRead = false;
      const entry = manifestLine({ path: member.path, size: member.facts.size, sha256: read.sha256 });
      whole.update(entry, 'latin1');
      await manifest.write(entry);
      size += member.facts.size;
      n += 1;
      line = undefined;
    }
    const left = line ?? (await recorded?.next());
    if (left?.done === false) return { kind: 'differs', reason: `${rawToDisplay(left.value.path)} is not there.` };
    if (n === 0) return { kind: 'unknown', reason: 'The folder is not there.' };
    const sha256 = whole.digest('hex');
    if (size !== artifact.size || n !== artifact.n_files || (artifact.sha256 ?? sha256) !== sha256)
      return { kind: 'differs', reason: 'Its objects are not those that were recorded.' };
    // Before the record: a manifest of whole checksums says nothing that the one before did not. Where another computer
    // made the record, the list of this one may still be of what the store says.
    if (artifact.sha256 === null || !isRead) {
      await manifest.end();
      await manifest.finish(path);
    }
    if (artifact.sha256 !== null) return { kind: 'same' };
    const note = `Its ${String(n)} objects were read for the first time. The folder's SHA-256 is known from now on.`;
    return { kind: 'same', sha256, note };
  } finally {
    await recorded?.return(undefined);
    await manifest.discard();
  }
}

/** What its store says of it stands in place of its SHA-256. */
function isMark({ sha256 }: ManifestEntry): boolean {
  return sha256.includes(':');
}

function otherName(line: IteratorResult<ManifestEntry, void> | undefined, path: RawPath): string | null {
  if (line === undefined) return null;
  if (line.done === true || line.value.path > path) return `${rawToDisplay(path)} was not in it.`;
  return line.value.path < path ? `${rawToDisplay(line.value.path)} is not there.` : null;
}

/** By the strongest that the manifest has of it. */
async function isSame(
  store: ObjectStore,
  facts: ObjectFacts,
  entry: ManifestEntry,
  { sha256, md5 }: ReadBytes,
): Promise<boolean> {
  const { size, sha256: mark } = entry;
  if (size !== facts.size) return false;
  if (!isMark(entry)) return mark === sha256;
  if (mark === `md5:${md5}`) return true;
  if (mark !== markOfObject(store.kind, facts)) return false;
  if (!mark.startsWith('md5:')) return true;
  // Of objects that are encrypted with a key of their own the ETag only looks like an MD5, which lists don't tell.
  const alone = await store.stat(facts.key);
  return alone !== null && alone.etag === facts.etag && alone.checksums.md5 === undefined;
}
