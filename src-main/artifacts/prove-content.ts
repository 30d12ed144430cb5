/** A file of a person is removed or moved only if it is the content that its record names. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import { readFolderContent } from './folder-content.ts';

/** Reads all of it. Of a folder its files, named from it. Errors: `file_changed`; those of reading. */
export async function proveContent(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  artifact: Pick<ArtifactRow, 'sha256' | 'size' | 'n_files'>,
  path: RawPath,
  facts: FileFacts,
): Promise<[RawPath, FileFacts][]> {
  const files = await provenFiles(context, artifact, path, facts);
  if (files !== null) return files;
  throw new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} has other content than what was registered`,
    'Nothing was changed. Let its folder be looked at first: benchkeep watch --once.',
  );
}

/** Null where it is not the same. */
async function provenFiles(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  { sha256, size, n_files: n }: Pick<ArtifactRow, 'sha256' | 'size' | 'n_files'>,
  path: RawPath,
  facts: FileFacts,
): Promise<[RawPath, FileFacts][] | null> {
  if (sha256 === null) return null;
  if (n !== null) {
    if (facts.kind !== 'folder') return null;
    const nothing = (): void => undefined;
    const tools = { signal: new AbortController().signal, onBytes: nothing, onSkipped: nothing, onEntry: nothing };
    const content = await readFolderContent(context, path, tools);
    const files: [RawPath, FileFacts][] = [];
    const looks = await folderLooks(context, path, (name, of) => files.push([name, of]));
    return content.sha256 === sha256 && content.looks === looks ? files : null;
  }
  if (facts.kind !== 'file' || facts.size !== size) return null;
  const [outcome] = await context.hasher.hashFiles([path], {});
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  const same = outcome?.kind === 'hashed' && outcome.sha256 === sha256 && sameFacts(outcome.facts, facts);
  return same ? [] : null;
}
