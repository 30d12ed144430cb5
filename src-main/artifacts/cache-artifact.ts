/** `cache`: the content of an artifact as a file of this computer, fetched if it has to be. */
import type { JobProgress } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { requireSpace } from '../storage/index.ts';
import { cachePath, fetchContent, noteCached } from '../transfers/index.ts';
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
  const onBytes = (bytes: number): number => (progress.bytes += bytes);
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
    return (await locateContent(readContext(context), artifact)).path;
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'in_cloud') throw error;
  }
  const { storage, key } = await placeInCloud(context, artifact);
  const { sha256, size } = artifact;
  if (sha256 === null || artifact.n_files !== null) throw notYet(artifact);
  const target = cachePath(context, artifact);
  if (await takeWhatIsThere(context, { ...artifact, sha256 }, target)) return target;
  await context.fs.makeFolder(splitRaw(target).folder, 0o700);
  await requireSpace(context, splitRaw(target).folder, size);
  const facts = await fetchContent(context, { storage, key, size, sha256, target }, tools);
  await noteCached(context, { ...artifact, sha256 }, facts);
  return target;
}

/**
 * True where what lies in the cache is the content, though it was touched. What somebody worked on is put beside it: it
 * may be the only place of that work.
 */
async function takeWhatIsThere(
  context: InstanceContext,
  artifact: ArtifactRow & { sha256: string },
  target: RawPath,
): Promise<boolean> {
  const facts = await context.fs.look(target);
  if (facts === null) return false;
  const [outcome] = await context.hasher.hashFiles([target], {});
  if (outcome?.kind === 'hashed' && outcome.sha256 === artifact.sha256) {
    await noteCached(context, artifact, outcome.facts);
    return true;
  }
  for (let n = 1; ; n++) {
    const aside = joinRaw(
      splitRaw(target).folder,
      rawFromText(`edited-${String(n)}-${artifact.uid}${artifact.suffix}`),
    );
    if ((await context.fs.look(aside)) !== null) continue;
    await context.fs.moveProven(target, aside, facts);
    return false;
  }
}

async function placeInCloud(
  { registry }: InstanceContext,
  artifact: ArtifactRow,
): Promise<{ storage: StorageRow; key: string }> {
  const copy = await registry.db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .selectAll('storage')
    .select('copy.path')
    .where('copy.artifact_id', '=', artifact.id)
    .where('storage.type', '!=', 'local')
    .orderBy('copy.id')
    .executeTakeFirstOrThrow();
  return { storage: copy, key: copy.path.toString('utf8') };
}

async function copyTo(
  context: InstanceContext,
  artifact: ArtifactRow,
  source: RawPath,
  target: RawPath,
  signal: AbortSignal,
): Promise<string> {
  const expected = await context.fs.look(source);
  if (expected === null || artifact.sha256 === null) throw notYet(artifact);
  await context.fs.copyFsyncMoveIn({ source, target, expected, sha256: artifact.sha256, signal });
  return rawToDisplay(target);
}

function notYet({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `"${escapeForDisplay(key ?? uid)}" can't be fetched yet`,
    'Fetch it with the tools of its store.',
  );
}
