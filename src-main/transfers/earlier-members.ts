/** What is in the cache of an earlier version of a folder need not be fetched again: most files of a run stay as they are. */
import type { ArtifactRow } from '../registry/schema.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { manifestPath, readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import { findCached } from './cache-folder.ts';
import { hashOfMark } from './list-members.ts';
import type { TransferContext } from './transfer-context.ts';

type EarlierContext = Pick<TransferContext, 'folder' | 'fs' | 'hasher' | 'registry' | 'workstation'>;

/** A file here that may be the member. */
export interface EarlierMember {
  path: RawPath;
  size: number;
  sha256: string;
}

/** The members of a list, each with the file of the same path and size in the newest other version that is in the cache. */
export async function* withEarlier(
  context: EarlierContext,
  artifact: ArtifactRow,
  list: RawPath,
): AsyncGenerator<{ entry: ManifestEntry; earlier: EarlierMember | null }> {
  const folder = await earlierFolder(context, artifact);
  const there = folder === null ? null : readManifest(folder.manifest);
  let next = await there?.next();
  try {
    for await (const entry of readManifest(list)) {
      while (next?.done === false && next.value.path < entry.path) next = await there?.next();
      const same = next?.done === false && next.value.path === entry.path && next.value.size === entry.size;
      const earlier =
        same && folder !== null && next?.done === false
          ? { path: joinRaw(folder.path, entry.path), size: entry.size, sha256: next.value.sha256 }
          : null;
      yield { entry, earlier };
    }
  } finally {
    await there?.return(undefined);
  }
}

async function earlierFolder(
  context: EarlierContext,
  { stem_uid: stem, uid }: ArtifactRow,
): Promise<{ path: RawPath; manifest: RawPath } | null> {
  const versions = await context.registry.db
    .selectFrom('artifact')
    .select(['uid', 'size', 'sha256'])
    .where('stem_uid', '=', stem)
    .where('uid', '!=', uid)
    .where('n_files', 'is not', null)
    .orderBy('uid', 'desc')
    .execute();
  for (const version of versions) {
    const cached = await findCached({ ...context, workstation: context.workstation.db }, version);
    const manifest = manifestPath(context, version.uid);
    if (cached?.facts.kind === 'folder' && (await context.fs.look(manifest)) !== null)
      return { path: cached.path, manifest };
  }
  return null;
}

/** Puts it at `target` where it is the member; false where it has to be fetched. The file here is only read. */
export async function takeEarlier(
  { fs, hasher }: Pick<TransferContext, 'fs' | 'hasher'>,
  { entry, earlier }: { entry: ManifestEntry; earlier: EarlierMember },
  target: RawPath,
  signal: AbortSignal,
): Promise<boolean> {
  const mark = entry.sha256;
  if (!mark.includes(':') ? mark !== earlier.sha256 : !mark.startsWith('md5:')) return false;
  const [outcome] = await hasher.hashFiles([earlier.path], { signal });
  if (outcome?.kind !== 'hashed' || outcome.sha256 !== earlier.sha256) return false;
  if (mark.includes(':') && (outcome.hashType !== 'md5' || outcome.hash !== hashOfMark(mark))) return false;
  try {
    const { facts: expected, sha256 } = outcome;
    await fs.copyFsyncMoveIn({ source: earlier.path, target, expected, sha256, signal });
    return true;
  } catch {
    // It went meanwhile, or can't be read: there is another way to have it.
    signal.throwIfAborted();
    return false;
  }
}
