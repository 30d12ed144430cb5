/** Content that is verified in a store, kept on this computer: files named by uid and suffix in the instance's folder. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import type { CachedRow, WorkstationDB } from '../workstation/schema.ts';
import { forgetCached, putCached, readCached } from '../workstation/transfer-rows.ts';
import { isFolderContentAt } from './folder-here.ts';
import type { TransferContext } from './transfer-context.ts';

type CacheContext = Pick<TransferContext, 'folder' | 'workstation' | 'fs' | 'clock'>;

export function cacheFolder({ folder }: Pick<TransferContext, 'folder'>): RawPath {
  return joinRaw(folder, rawFromText('cache'));
}

export function cachePath(context: Pick<TransferContext, 'folder'>, { uid, suffix }: CachedArtifact): RawPath {
  return joinRaw(cacheFolder(context), rawFromText(`${uid}${suffix}`));
}

export type CachedArtifact = Pick<ArtifactRow, 'uid' | 'suffix' | 'size' | 'sha256'>;

/** Call when the file at its place in the cache is known to be the content. */
export async function noteCached(
  context: CacheContext,
  artifact: CachedArtifact & { sha256: string },
  facts: FileFacts,
): Promise<void> {
  const now = timestamp(context.clock);
  const path = cachePath(context, artifact);
  const looks = facts.kind === 'folder' ? { looks: await looksOf(context, path) } : {};
  await putCached(context.workstation, {
    artifact_uid: artifact.uid,
    path: rawToBytes(path),
    size: artifact.size,
    sha256: artifact.sha256,
    facts: JSON.stringify({ ...facts, ...looks }),
    verified_at: now,
    used_at: now,
  });
}

/** Where its content is in the cache; null where it is not, or where the file is not any more as it was put there. */
export async function findCached(
  context: { fs: Pick<Fs, 'look' | 'readFolder'>; workstation: Kysely<WorkstationDB> },
  artifact: Omit<CachedArtifact, 'suffix'>,
): Promise<{ path: RawPath; facts: FileFacts } | null> {
  const row = await readCached({ db: context.workstation }, artifact.uid);
  if (row === null || row.size !== artifact.size) return null;
  // What was fetched by what its store calls it has a checksum here, even where nobody may write it into the registry.
  if (artifact.sha256 !== null && row.sha256 !== artifact.sha256) return null;
  const path = rawFromBytes(row.path);
  const facts = await context.fs.look(path);
  if (facts === null || !isAsCached(facts, row)) return null;
  if (facts.kind === 'folder' && (await looksOf(context, path)) !== looksIn(row)) return null;
  return { path, facts };
}

/** Of a folder that alone says little: `looksIn` tells of its files. */
export function isAsCached(facts: FileFacts, row: Pick<CachedRow, 'facts'>): boolean {
  return sameFacts(facts, JSON.parse(row.facts) as FileFacts);
}

/** What all files of a folder look like; null where that can't be said. */
export async function looksOf({ fs }: { fs: Pick<Fs, 'look' | 'readFolder'> }, path: RawPath): Promise<string | null> {
  try {
    return await folderLooks({ fs }, path);
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}

/** What they looked like when it was put there. */
export function looksIn(row: Pick<CachedRow, 'facts'>): string | null {
  return (JSON.parse(row.facts) as { looks?: string }).looks ?? null;
}

/** All of it is read, of a folder every file. False where it can't be. */
export async function isArtifactAt(
  context: Pick<TransferContext, 'hasher' | 'fs' | 'folder'>,
  path: RawPath,
  { uid, sha256 }: { uid: string; sha256: string },
): Promise<boolean> {
  if ((await context.fs.look(path))?.kind === 'folder') return isFolderContentAt(context, uid, path);
  return isContentAt(context, path, sha256);
}

/** All of the file is read. False where it can't be. */
export async function isContentAt(
  { hasher }: Pick<TransferContext, 'hasher'>,
  path: RawPath,
  sha256: string,
): Promise<boolean> {
  const [outcome] = await hasher.hashFiles([path], {});
  return outcome?.kind === 'hashed' && outcome.sha256 === sha256;
}

/** Removes what is in the cache of an artifact, if anything is. */
export async function dropCached(context: CacheContext, artifact: CachedArtifact): Promise<void> {
  const row = await readCached({ db: context.workstation.db }, artifact.uid);
  if (row !== null) await removeCached(context, rawFromBytes(row.path));
  await forgetCached(context.workstation, artifact.uid);
}

/** A folder leaves its name first, whole. */
export async function removeCached({ fs }: Pick<TransferContext, 'fs'>, path: RawPath): Promise<void> {
  if ((await fs.look(path))?.kind === 'folder') await fs.removeOwnFolder(path);
  else await fs.removeOwnFile(path);
}
