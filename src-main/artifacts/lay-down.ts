/** Content of the cache is laid down in a storage, under a name for the time being: whole, and proven, before anybody sees it. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import { cloudCopies, copyFolder, isManifestHere, looksOf, manifestOf } from '../transfers/index.ts';
import { giveDates } from './folder-dates.ts';

/** As it lies there; `looks`: of a folder, what its files look like. */
export interface LaidDown {
  facts: FileFacts;
  looks?: string;
}

/** As others of the same folder: what comes back is a person's again. */
const MODE = 0o777;

/**
 * `mtimeNs`: when a file was last written to, where that is known. Null where the cache has it no more. Errors:
 * `file_changed`, `disk_full`; `not_supported` for a folder whose list is nowhere.
 */
export async function layDown(
  context: InstanceContext,
  artifact: ArtifactRow & { sha256: string },
  { source, arriving, mtimeNs }: { source: RawPath; arriving: RawPath; mtimeNs: string | null },
  signal: AbortSignal,
): Promise<LaidDown | null> {
  const { fs } = context;
  const { uid, sha256, n_files: nFiles } = artifact;
  const expected = await fs.look(source);
  if (expected === null) return null;
  if (nFiles === null) {
    // Its bytes are compared on the way, and on the disk when this returns.
    await fs.copyFsyncMoveIn({ source, target: arriving, expected, sha256, signal });
    if (mtimeNs !== null) await fs.setModified(arriving, mtimeNs);
    const facts = await fs.look(arriving);
    return facts === null ? null : { facts };
  }
  if (!(await hasList(context, artifact, signal))) throw listless(artifact);
  await copyFolder(context, { uid, source, target: arriving, mode: MODE }, signal);
  await giveDates(context, artifact, arriving, signal);
  const facts = await fs.look(arriving);
  const looks = await looksOf(context, arriving);
  return facts === null || looks === null ? null : { facts, looks };
}

/** Here, or by now. */
async function hasList(
  context: InstanceContext,
  artifact: ArtifactRow & { sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (await isManifestHere(context, artifact, signal)) return true;
  for (const { storage } of await cloudCopies(context, artifact.id))
    if ((await manifestOf(context, await storeOf(context, storage), artifact, signal)) !== null) return true;
  return false;
}

function listless({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `"${escapeForDisplay(key ?? uid)}" can't be brought back: the list of its files is neither here nor in its store`,
    `Fetch it, and take it from there: benchkeep cache ${uid}.`,
  );
}
