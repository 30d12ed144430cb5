/** Re-reads a folder artifact: its manifest made anew must be the one that was recorded. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { readFolderContent } from './folder-content.ts';
import { manifestPath, readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import type { Finding, VerifyTools } from './verify-artifacts.ts';

export async function verifyFolder(
  context: InstanceContext,
  artifact: ArtifactRow,
  path: RawPath,
  tools: VerifyTools,
): Promise<Finding> {
  if ((await context.fs.look(path))?.kind !== 'folder') return { kind: 'unknown', reason: 'The folder is not there.' };
  const recorded = await recordedEntries(context, artifact);
  let expected = await recorded?.next();
  let wrong: { reason: string; file?: RawPath } | null = null;
  async function compare(entry: ManifestEntry | null): Promise<void> {
    if (wrong !== null || recorded === null || expected === undefined) return;
    const line = expected.done === true ? null : expected.value;
    wrong = difference(line, entry);
    if (wrong === null && entry !== null) expected = await recorded.next();
  }
  try {
    const content = await readFolderContent(context, path, { ...tools, onSkipped: () => undefined, onEntry: compare });
    if (content.sha256 === artifact.sha256) return { kind: 'same' };
    await compare(null);
    return { kind: 'differs', ...(wrong ?? { reason: 'Its files are not those that were recorded.' }) };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
    if (error.code === 'empty_folder') return { kind: 'differs', reason: 'The folder is empty now.' };
    return { kind: 'unknown', reason: `${error.message}. ${error.remedy}` };
  } finally {
    await recorded?.return(undefined);
  }
}

/** Null where this computer has no manifest of it: then what differs can't be named. */
async function recordedEntries(
  context: InstanceContext,
  { uid }: ArtifactRow,
): Promise<AsyncGenerator<ManifestEntry, void> | null> {
  const path = manifestPath(context, uid);
  return (await context.fs.look(path)) === null ? null : readManifest(path);
}

/** Both are in the order of their paths. */
function difference(
  recorded: ManifestEntry | null,
  now: ManifestEntry | null,
): { reason: string; file?: RawPath } | null {
  if (recorded === null) return now === null ? null : { reason: `${rawToDisplay(now.path)} was not in it.` };
  if (now === null || recorded.path < now.path) return { reason: `${rawToDisplay(recorded.path)} is not there.` };
  if (recorded.path > now.path) return { reason: `${rawToDisplay(now.path)} was not in it.` };
  if (recorded.size === now.size && recorded.sha256 === now.sha256) return null;
  return { reason: `The bytes of ${rawToDisplay(now.path)} are not those that were recorded.`, file: now.path };
}
