/** Content that is verified in a store, kept on this computer: files named by uid and suffix in the instance's folder. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { isAsNoted, type FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import type { CachedRow, WorkstationDB } from '../workstation/schema.ts';
import { putCached, readCached } from '../workstation/transfer-rows.ts';
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

/** What content looked like before it was read: what is done to it since makes it look otherwise. */
export interface ContentLook {
  facts: FileFacts;
  /** Of a folder: `looksOf` it. */
  looks?: string;
}

/** Call when what is at its place in the cache is known to be the content, and looks like this. */
export async function noteCached(
  context: CacheContext,
  artifact: CachedArtifact & { sha256: string },
  { facts, looks }: ContentLook,
): Promise<void> {
  const now = timestamp(context.clock);
  const path = cachePath(context, artifact);
  const ofFolder = facts.kind === 'folder' ? { looks: looks ?? (await looksOf(context, path)) } : {};
  await putCached(context.workstation, {
    artifact_uid: artifact.uid,
    path: rawToBytes(path),
    size: artifact.size,
    sha256: artifact.sha256,
    facts: JSON.stringify({ ...facts, ...ofFolder }),
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
  return isAsNoted(facts, JSON.parse(row.facts) as FileFacts);
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

/** How it looks, where it is the content: all of it is read, of a folder every file. Null where it is not, or can't be read. */
export async function lookOfArtifact(
  context: Pick<TransferContext, 'hasher' | 'fs' | 'folder'>,
  path: RawPath,
  { uid, sha256 }: { uid: string; sha256: string },
): Promise<ContentLook | null> {
  const facts = await context.fs.look(path);
  if (facts?.kind !== 'folder') return lookOfContent(context, path, sha256);
  const looks = await looksOf(context, path);
  if (looks === null || !(await isFolderContentAt(context, uid, path))) return null;
  // What was read first may have been worked on while the rest was read.
  return (await looksOf(context, path)) === looks ? { facts, looks } : null;
}

/** All of it is read, of a folder every file. False where it can't be. */
export async function isArtifactAt(
  context: Pick<TransferContext, 'hasher' | 'fs' | 'folder'>,
  path: RawPath,
  content: { uid: string; sha256: string },
): Promise<boolean> {
  return (await lookOfArtifact(context, path, content)) !== null;
}

async function lookOfContent(
  { hasher }: Pick<TransferContext, 'hasher'>,
  path: RawPath,
  sha256: string,
): Promise<ContentLook | null> {
  const [outcome] = await hasher.hashFiles([path], {});
  return outcome?.kind === 'hashed' && outcome.sha256 === sha256 ? { facts: outcome.facts } : null;
}

/** All of the file is read. False where it can't be. */
export async function isContentAt(
  context: Pick<TransferContext, 'hasher'>,
  path: RawPath,
  sha256: string,
): Promise<boolean> {
  return (await lookOfContent(context, path, sha256)) !== null;
}
