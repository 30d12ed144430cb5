/** A file of a person is removed or moved only if it is the content that its record names. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { readFolderContent } from './folder-content.ts';

/** Reads all of it. Errors: `file_changed`; those of reading. */
export async function proveContent(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  artifact: Pick<ArtifactRow, 'sha256' | 'size' | 'n_files'>,
  path: RawPath,
  facts: FileFacts,
): Promise<void> {
  if (await isSame(context, artifact, path, facts)) return;
  throw new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} has other content than what was registered`,
    'Nothing was changed. Let its folder be looked at first: benchkeep watch --once.',
  );
}

async function isSame(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  { sha256, size, n_files: n }: Pick<ArtifactRow, 'sha256' | 'size' | 'n_files'>,
  path: RawPath,
  facts: FileFacts,
): Promise<boolean> {
  if (sha256 === null) return false;
  if (n !== null) {
    if (facts.kind !== 'folder') return false;
    const nothing = (): void => undefined;
    const tools = { signal: new AbortController().signal, onBytes: nothing, onSkipped: nothing, onEntry: nothing };
    return (await readFolderContent(context, path, tools)).sha256 === sha256;
  }
  if (facts.kind !== 'file' || facts.size !== size) return false;
  const [outcome] = await context.hasher.hashFiles([path], {});
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  return outcome?.kind === 'hashed' && outcome.sha256 === sha256 && sameFacts(outcome.facts, facts);
}
