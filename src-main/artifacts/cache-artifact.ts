/** `cache`: the content of an artifact as a file of this computer, fetched if it has to be. */
import type { JobProgress } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { requireSpace } from '../storage/index.ts';
import { readCached } from '../workstation/transfer-rows.ts';
import { cacheFolder, copyFolder, evictOverLimit, fetchToCache, noteUsed } from '../transfers/index.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent } from './locate-content.ts';
import { readContext } from './read-context.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

/**
 * Fetches only what is not here. `to`: a file that is not there yet, which gets the content, too. Errors: `already_exists`,
 * `disk_full`, `wrong_content` and those of the store.
 */
export function cacheArtifact(
  context: InstanceContext,
  input: { artifact: string; to?: string | null | undefined },
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, { path: string }> {
  return tellProgress(context.clock, signal, (job) => cache(context, input, job));
}

async function cache(
  context: InstanceContext,
  input: { artifact: string; to?: string | null | undefined },
  { signal, progress }: JobTools,
): Promise<{ path: string }> {
  const artifact = await findArtifact(context.registry.db, input.artifact);
  progress.items_total = 1;
  progress.bytes_total = artifact.size;
  progress.file = artifact.key ?? artifact.uid;
  const onBytes = (bytes: number): void => void (progress.bytes = bytes);
  const path = await localPath(context, artifact, { signal, onBytes }).catch((error: unknown) => {
    refuseIfStopped(signal);
    throw error;
  });
  progress.items = 1;
  if (input.to === null || input.to === undefined) return { path: rawToDisplay(path) };
  return { path: await copyTo(context, artifact, path, rawFromText(input.to), signal) };
}

async function localPath(
  context: InstanceContext,
  artifact: ArtifactRow,
  tools: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<RawPath> {
  try {
    const { path } = await locateContent(readContext(context), artifact);
    await noteUsed(context, artifact.uid);
    return path;
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'in_cloud') throw error;
  }
  const path = await fetchArtifact(context, artifact, tools);
  // Nobody waits for what goes instead of it: its store may be away.
  context.evictions.soon((signal) => evictOverLimit(context, { keep: artifact.uid, signal }));
  return path;
}

/** Its path in the cache. Errors: those of `fetchToCache`. */
export async function fetchArtifact(
  context: InstanceContext,
  artifact: ArtifactRow,
  tools: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<RawPath> {
  const enough = async (bytes: number): Promise<void> => {
    await context.fs.makeFolder(cacheFolder(context), 0o700);
    await requireSpace(context, cacheFolder(context), bytes);
  };
  return fetchToCache(context, { artifact, requireSpace: enough }, tools);
}

async function copyTo(
  context: InstanceContext,
  artifact: ArtifactRow,
  source: RawPath,
  target: RawPath,
  signal: AbortSignal,
): Promise<string> {
  const expected = await context.fs.look(source);
  if (expected === null) throw goneAgain(artifact);
  // What was fetched just now for the first time has its checksum since.
  const sha256 = artifact.sha256 ?? (await readCached({ db: context.workstation.db }, artifact.uid))?.sha256;
  if (sha256 === undefined) throw notYet(artifact);
  if (expected.kind === 'folder') {
    await copyFolder(context, { uid: artifact.uid, source, target }, signal);
    return rawToDisplay(target);
  }
  await context.fs.copyFsyncMoveIn({ source, target, expected, sha256, signal });
  return rawToDisplay(target);
}

function notYet({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `"${escapeForDisplay(key ?? uid)}" can't be fetched yet`,
    'Fetch it with the tools of its store.',
  );
}

function goneAgain({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `"${escapeForDisplay(key ?? uid)}" was removed from this computer before it could be copied`,
    'Nothing was changed. Try again.',
    { retry: true },
  );
}
